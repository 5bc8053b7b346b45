#!/usr/bin/env bash
# Faults in random order under traffic, for longer than the tests can: kills, stops and freezes of silos, stops and freezes of PostgreSQL, rolling restarts,
# and two of them at once. Every failure is printed with the seed that brings the same faults again.
#   chaos.sh [minutes] [seed]   default: 30 minutes, a new seed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec deploy/cluster/local.sh --chaos "${1:-30}" ${2:+"$2"}
