// The fleet as a table: only the rows in view are there, so that thousands of hosts cost what a screen of them costs.
import { Bar, State, html, mean, number, span, taken, useEffect, useMemo, useRef, useState, vram } from "./ui.js";
import { now } from "./store.js";

const rowHeight = 38;
const spare = 6;

const columns = [
  { name: "Host", of: host => host.hostname.toLowerCase(), show: host => html`<a href=${`#/hosts/${encodeURIComponent(host.client_id)}`}>${host.hostname}</a>` },
  { name: "State", of: host => host.state, show: host => html`<${State} state=${host.state} />` },
  { name: "Cores", of: host => mean(host.cpu) ?? -1, show: host => html`<${Bar} value=${mean(host.cpu)} label="Cores in use" />` },
  { name: "Memory", of: host => taken(host.memory) ?? -1, show: host => html`<${Bar} value=${taken(host.memory)} label="Memory in use" />` },
  { name: "Disk", of: host => taken(host.disk) ?? -1, show: host => html`<${Bar} value=${taken(host.disk)} label="Disk in use" />`, wide: true },
  { name: "Cards", of: host => mean(host.gpus?.map(card => card.utilization_pct)) ?? -1, show: host => html`<${Bar} value=${mean(host.gpus?.map(card => card.utilization_pct))} label="Cards in use" />` },
  { name: "VRAM", of: host => vram(host) ?? -1, show: host => html`<${Bar} value=${vram(host)} label="VRAM in use" />`, wide: true },
  { name: "Sessions", of: host => host.sessions ?? -1, show: host => host.sessions ?? "?", numeric: true },
  { name: "Reserved", of: host => host.reservations, show: host => host.reservations, numeric: true, wide: true },
  { name: "Active", of: (host, fleet) => fleet.active[host.client_id] ?? 0, show: (host, fleet) => fleet.active[host.client_id] ?? 0, numeric: true, wide: true },
  { name: "Report", of: host => -Date.parse(host.last_seen), show: (host, fleet) => span(now(fleet) - Date.parse(host.last_seen)), numeric: true },
  { name: "Pool", of: host => host.pool, show: host => host.pool, wide: true },
];

/** What is free: how many more sessions of each tier fit. */
export const Room = ({ fleet }) => html`<section aria-labelledby="room"><h2 id="room">Room</h2><ul class="cards">
  ${fleet.tiers.map(tier => html`<li key=${tier.name} class=${tier.room === 0 ? "full" : ""}>
    <strong>${fleet.pools.some(pool => pool.room_known) ? tier.room : "?"}</strong> more ${tier.name} ${tier.room === 1 ? "session fits" : "sessions fit"}
    <small>${tier.vcpu} cores, ${number(tier.memory_gb)} GB${tier.gpu > 0 ? `, ${tier.gpu} GPU${tier.gpu_memory_gb > 0 ? ` with ${number(tier.gpu_memory_gb)} GB` : ""}` : ""}</small>
  </li>`)}</ul></section>`;

/** The table with its filter. */
export function Fleet({ fleet }) {
  const [text, setText] = useState("");
  const [state, setState] = useState("");
  const [sort, setSort] = useState({ column: 0, down: false });
  const shown = useMemo(() => select(fleet, text, state, sort), [fleet, text, state, sort]);
  const states = [...new Set([...fleet.hosts.values()].map(host => host.state))].sort();
  return html`<${Room} fleet=${fleet} />
    <section aria-labelledby="hosts"><h2 id="hosts">Hosts</h2>
    <div class="tools" role="search">
      <label>Find <input type="search" value=${text} placeholder="name, place, pool, card" onInput=${event => setText(event.target.value)} /></label>
      <label>State <select value=${state} onChange=${event => setState(event.target.value)}><option value="">all</option>
        ${states.map(one => html`<option value=${one}>${one.replace("_", " ")}</option>`)}</select></label>
      <span role="status">${shown.length} of ${fleet.hosts.size} hosts</span>
    </div>
    <${Table} fleet=${fleet} hosts=${shown} sort=${sort} setSort=${setSort} /></section>`;
}

function select(fleet, text, state, sort) {
  const wanted = text.trim().toLowerCase();
  const matches = host => (state === "" || host.state === state) && (wanted === ""
    || [host.hostname, host.client_id, host.location, host.pool, host.endpoint, ...(host.gpus ?? []).map(card => card.name)].some(part => part.toLowerCase().includes(wanted)));
  const of = columns[sort.column].of;
  const keyed = [...fleet.hosts.values()].filter(matches).map(host => [of(host, fleet), host]);
  keyed.sort(([a, one], [b, other]) => (a < b ? -1 : a > b ? 1 : one.client_id < other.client_id ? -1 : 1) * (sort.down ? -1 : 1));
  return keyed.map(([, host]) => host);
}

function Table({ fleet, hosts, sort, setSort }) {
  const box = useRef();
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = box.current;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.min(Math.floor(view.top / rowHeight) - spare, hosts.length - 1));
  const last = Math.min(hosts.length, Math.ceil((view.top + view.height) / rowHeight) + spare);
  const rows = hosts.slice(first, last);
  return html`<div class="scroll" ref=${box} tabindex="0" role="region" aria-label="Hosts, scrollable"
      onScroll=${event => setView({ top: event.target.scrollTop, height: event.target.clientHeight })}>
    <table aria-rowcount=${hosts.length + 1}>
      <thead><tr aria-rowindex="1">${columns.map((column, i) => html`<th key=${column.name} scope="col" class=${column.wide ? "wide" : ""}
        aria-sort=${sort.column === i ? (sort.down ? "descending" : "ascending") : "none"}>
        <button onClick=${() => setSort({ column: i, down: sort.column === i ? !sort.down : Boolean(column.numeric) })}>${column.name}</button></th>`)}</tr></thead>
      <tbody>
        ${first > 0 && html`<tr aria-hidden="true" class="gap"><td colspan=${columns.length} style=${{ height: `${first * rowHeight}px` }}></td></tr>`}
        ${rows.map((host, i) => html`<tr key=${host.client_id} aria-rowindex=${first + i + 2}>
          ${columns.map((column, c) => c === 0
            ? html`<th key=${c} scope="row">${column.show(host, fleet)}</th>`
            : html`<td key=${c} class=${`${column.numeric ? "numeric" : ""} ${column.wide ? "wide" : ""}`}>${column.show(host, fleet)}</td>`)}</tr>`)}
        ${last < hosts.length && html`<tr aria-hidden="true" class="gap"><td colspan=${columns.length} style=${{ height: `${(hosts.length - last) * rowHeight}px` }}></td></tr>`}
      </tbody>
    </table>
    ${hosts.length === 0 && html`<p class="empty">${fleet.hosts.size === 0 ? "No host has registered yet. Start an agent on a backend host." : "No host is like that."}</p>`}
  </div>`;
}
