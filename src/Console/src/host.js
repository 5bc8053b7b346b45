// One host: what it has, what it had, and what an operator does with it.
import uPlot from "uplot";
import { Bar, State, ask, askForKey, html, moment, number, span, stateText, taken, useEffect, useRef, useState } from "./ui.js";
import { change, get } from "./api.js";
import { now } from "./store.js";

const lines = [["Cores", "cpu_pct", "#1f6feb"], ["Memory", "memory_pct", "#9a6700"], ["Disk", "disk_pct", "#6e7781"], ["Cards", "gpu_pct", "#1a7f37"], ["VRAM", "vram_pct", "#cf222e"]];

export function Host({ fleet, id, dialog, tell }) {
  const host = fleet.hosts.get(id);
  if (!host) {
    return html`<p class="empty">There is no host ${id}. It was removed, or never registered. <a href="#/">All hosts</a></p>`;
  }

  return html`<p><a href="#/">All hosts</a></p>
    <h2>${host.hostname} <${State} state=${host.state} /></h2>
    <${Actions} host=${host} dialog=${dialog} tell=${tell} />
    <dl class="facts">
      <dt>Id</dt><dd>${host.client_id}</dd><dt>Endpoint</dt><dd>${host.endpoint}</dd><dt>Pool</dt><dd>${host.pool}</dd>
      <dt>Place</dt><dd>${host.location || "unknown"}</dd><dt>Last report</dt><dd>${span(now(fleet) - Date.parse(host.last_seen))} ago</dd>
      <dt>Probe latency</dt><dd>${host.latency_ms === undefined ? "not probed" : `${number(host.latency_ms)} ms`}</dd>
      <dt>Sessions</dt><dd><a href=${`#/sessions?host=${encodeURIComponent(id)}`}>${host.sessions ?? "unknown"}</a></dd>
      <dt>Reservations</dt><dd>${host.reservations}</dd><dt>Requests in progress</dt><dd>${fleet.active[id] ?? 0}</dd>
      ${host.drain_deadline && html`<dt>Sessions leave until</dt><dd>${moment(host.drain_deadline)}</dd>`}
      ${host.down_endpoints && html`<dt>Down</dt><dd>${host.down_endpoints.join(", ")}</dd>`}
    </dl>
    <${Now} host=${host} />
    <${History} id=${id} />
    <${RoomOfHost} fleet=${fleet} host=${host} />
    <${Timeline} id=${id} state=${host.state} />`;
}

function Actions({ host, dialog, tell }) {
  const act = async (method, action, question, done) => {
    const answers = await ask(dialog, question);
    if (answers === null) {
      return;
    }

    const query = answers.deadline ? `?deadline_seconds=${Math.round(answers.deadline * 60)}` : "";
    try {
      if (await change(method, `/clients/${encodeURIComponent(host.client_id)}${action}${query}`, askForKey(dialog)) !== undefined) {
        tell(`${host.hostname} ${done}.`);
      }
    } catch (error) {
      tell(error.message, true);
    }
  };
  return html`<div class="buttons">
    ${host.lifecycle === "in_service" && html`<button onClick=${() => act("POST", "/drain", {
      title: `Drain ${host.hostname}?`, text: "It takes no new sessions. Those that it has stay until they end, or move when the time is over.", action: "Drain",
      fields: [{ name: "deadline", label: "Minutes until its sessions move", type: "number", min: 0, max: 43200, hint: "they stay until they end" }],
    }, "takes no new sessions")}>Drain …</button>`}
    ${host.lifecycle !== "in_service" && html`<button onClick=${() => act("POST", "/undrain", {
      title: `Put ${host.hostname} back in service?`, text: "It takes new sessions again.", action: "Back in service",
    }, "is back in service")}>Back in service …</button>`}
    ${host.lifecycle !== "maintenance" && html`<button onClick=${() => act("POST", "/maintenance", {
      title: `Take ${host.hostname} out at once?`, text: "It takes no new sessions, and those that it has move at their next request.", action: "Maintenance", danger: true,
    }, "is out of service")}>Maintenance …</button>`}
    <button onClick=${() => act("DELETE", "", {
      title: `Remove ${host.hostname}?`, text: "Its sessions, reservations and history go with it. An agent that still runs there registers it again.", action: "Remove", danger: true,
    }, "is removed")}>Remove …</button>
  </div>`;
}

const Now = ({ host }) => html`<section aria-labelledby="now"><h3 id="now">Now</h3><div class="columns">
  <div><h4>${host.cpu.length} cores</h4><div class="cores">${host.cpu.map((usage, i) => html`<${Bar} key=${i} value=${usage} label=${`Core ${i}`} />`)}</div></div>
  <div><h4>Memory</h4><${Bar} value=${taken(host.memory)} label="Memory in use" text=${host.memory && `${number(host.memory.available)} of ${number(host.memory.total)} GB free`} />
    <h4>Disk</h4><${Bar} value=${taken(host.disk)} label="Disk in use" text=${host.disk && `${number(host.disk.available)} of ${number(host.disk.total)} GB free`} /></div>
  ${host.gpus && html`<div><h4>Cards</h4>${host.gpus.map(card => html`<div key=${card.id} class="card"><h5>${card.id}: ${card.name}</h5>
    <${Bar} value=${card.utilization_pct} label="Card in use" />
    ${card.memory_total_gb > 0 && html`<${Bar} value=${card.memory_used_gb / card.memory_total_gb * 100} label="VRAM in use"
      text=${`${number(card.memory_total_gb - card.memory_used_gb)} of ${number(card.memory_total_gb)} GB free`} />`}
    <small>${number(card.temperature_c)} °C${card.power_draw_w > 0 ? `, ${number(card.power_draw_w)} W` : ""}</small></div>`)}</div>`}
</div></section>`;

function History({ id }) {
  const [hours, setHours] = useState(6);
  const [history, setHistory] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isOver = false;
    const load = async () => {
      try {
        const answer = await get(`/clients/${encodeURIComponent(id)}/history?hours=${hours}`);
        if (!isOver) {
          setHistory(answer.points);
          setProblem("");
        }
      } catch (error) {
        if (!isOver) {
          setProblem(error.message);
        }
      }
    };
    load();
    const timer = setInterval(load, 15000);
    return () => { isOver = true; clearInterval(timer); };
  }, [id, hours]);
  return html`<section aria-labelledby="history"><h3 id="history">Last hours</h3>
    <div class="tools"><label>Hours <select value=${hours} onChange=${event => setHours(Number(event.target.value))}>
      ${[1, 6, 24].map(value => html`<option value=${value}>${value}</option>`)}</select></label>${problem && html`<span role="alert">${problem}</span>`}</div>
    ${history?.length > 1 ? html`<${Plot} points=${history} />` : history && html`<p class="empty">There are no reports yet to draw.</p>`}</section>`;
}

function Plot({ points }) {
  const box = useRef();
  useEffect(() => {
    const present = lines.filter(([, key]) => points.some(point => point[key] !== undefined));
    const data = [points.map(point => Date.parse(point.time) / 1000), ...present.map(([, key]) => points.map(point => point[key] ?? null))];
    const style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue("--text"), grid: { stroke: style.getPropertyValue("--line"), width: 1 } };
    const element = box.current;
    const size = () => ({ width: Math.max(280, element.clientWidth), height: 220 });
    const plot = new uPlot({
      ...size(), scales: { y: { range: [0, 100] } }, axes: [axis, { ...axis, values: (_, ticks) => ticks.map(tick => `${tick} %`) }],
      series: [{}, ...present.map(([label, , stroke]) => ({ label, stroke, width: 2, value: (_, value) => value === null ? "–" : `${value} %` }))],
    }, data, element);
    const observer = new ResizeObserver(() => plot.setSize(size()));
    observer.observe(element);
    return () => { observer.disconnect(); plot.destroy(); };
  }, [points]);
  const last = points[points.length - 1];
  const text = lines.filter(([, key]) => last[key] !== undefined).map(([label, key]) => `${label} ${last[key]} %`).join(", ");
  return html`<div ref=${box} role="img" aria-label=${`Use over time; the latest: ${text}`}></div>`;
}

const RoomOfHost = ({ fleet, host }) => html`<section aria-labelledby="fits"><h3 id="fits">What fits</h3><div class="scroll small" tabindex="0" role="region" aria-label="What fits, scrollable"><table>
  <thead><tr><th scope="col">Tier</th><th scope="col">More sessions</th><th scope="col">Why not</th></tr></thead>
  <tbody>${fleet.tiers.map((tier, i) => html`<tr key=${tier.name}><th scope="row">${tier.name}</th><td class="numeric">${host.room[i] ?? "?"}</td><td>${host.refusals[i] ?? ""}</td></tr>`)}</tbody>
</table></div></section>`;

function Timeline({ id, state }) {
  const [events, setEvents] = useState([]);
  useEffect(() => {
    get(`/events?client_id=${encodeURIComponent(id)}&limit=50`).then(answer => setEvents(answer.events), () => setEvents([]));
  }, [id, state]);
  return html`<section aria-labelledby="timeline"><h3 id="timeline">What happened</h3><ol class="timeline">
    ${events.map(event => html`<li key=${event.time + event.to}><time>${moment(event.time)}</time> ${event.from === "" ? "registered" : `${stateText(event.from)} →`} <${State} state=${event.to} /></li>`)}
  </ol></section>`;
}
