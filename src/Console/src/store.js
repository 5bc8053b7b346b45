// The fleet as the page knows it: what changed is asked for every second and merged.
import { get } from "./api.js";

const interval = 1000;
const patience = 5000;

/** Follows the fleet; calls with the state after every answer, and when there is none. */
export function follow(changed) {
  const hosts = new Map();
  let [version, run, stopped, timer, isAsking] = [0, "", false, 0, false];
  let state = { hosts, tiers: [], pools: [], active: {}, problem: null, isLoaded: false, offset: 0 };

  async function poll() {
    isAsking = true;
    try {
      const answer = await get(`/fleet?since=${version}&run=${run}`);
      performance.mark("fleet-answer");
      if (answer.full) {
        hosts.clear();
      }

      answer.removed.forEach(id => hosts.delete(id));
      answer.hosts.forEach(host => hosts.set(host.client_id, host));
      ({ version, run } = answer);
      state = { ...answer, hosts, problem: null, isLoaded: true, offset: Date.parse(answer.time) - Date.now() };
    } catch (error) {
      state = { ...state, problem: error.message };
    }

    isAsking = false;
    if (!stopped) {
      changed(state);
      timer = setTimeout(poll, document.hidden ? patience : interval);
    }
  }

  const wake = () => {
    if (!document.hidden && !isAsking) {
      clearTimeout(timer);
      poll();
    }
  };
  document.addEventListener("visibilitychange", wake);
  poll();
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
  };
}

/** The gateway's clock, so that ages do not depend on this machine's. */
export const now = state => Date.now() + state.offset;
