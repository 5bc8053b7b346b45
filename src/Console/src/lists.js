// Sessions, decisions, events.
import { State, ask, askForKey, html, moment, number, span, stateText, useEffect, useState } from "./ui.js";
import { change, get } from "./api.js";
import { now } from "./store.js";

const hostLink = (fleet, id) => html`<a href=${`#/hosts/${encodeURIComponent(id)}`}>${fleet.hosts.get(id)?.hostname ?? id}</a>`;

/** Loads something now and every few seconds. */
function useLoaded(path, seconds) {
  const [answer, setAnswer] = useState({ data: null, problem: "" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isOver = false;
    const load = () => get(path).then(
      data => !isOver && setAnswer({ data, problem: "" }),
      error => !isOver && setAnswer(known => ({ ...known, problem: error.message })));
    load();
    const timer = setInterval(load, seconds * 1000);
    return () => { isOver = true; clearInterval(timer); };
  }, [path, turn]);
  return { ...answer, reload: () => setTurn(value => value + 1) };
}

const Problem = ({ text }) => text && html`<p role="alert">${text}</p>`;

const Scroll = ({ label, children }) => html`<div class="scroll" tabindex="0" role="region" aria-label=${`${label}, scrollable`}>${children}</div>`;

export function Sessions({ fleet, query, dialog, tell }) {
  const host = query.get("host");
  const [after, setAfter] = useState("");
  const { data, problem, reload } = useLoaded(`/sessions?limit=200${host ? `&client_id=${encodeURIComponent(host)}` : ""}${after ? `&after=${after}` : ""}`, 10);
  const end = async session => {
    const answers = await ask(dialog, {
      title: `End session ${session.sticky_id}?`, text: "Its next request is placed anew, and what it has reserved is free.", action: "End it", danger: true,
    });
    if (answers === null) {
      return;
    }

    try {
      if (await change("DELETE", `/sessions/${encodeURIComponent(session.sticky_id)}`, askForKey(dialog)) !== undefined) {
        tell(`Session ${session.sticky_id} has ended.`);
        reload();
      }
    } catch (error) {
      tell(error.message, true);
    }
  };
  return html`<h2>Sessions${host && html` of ${hostLink(fleet, host)}`}</h2><${Problem} text=${problem} />
    ${data && html`<${Scroll} label="Sessions"><table><thead><tr><th scope="col">Session</th><th scope="col">Tier</th><th scope="col">Host</th><th scope="col">Since</th><th scope="col">Unused for</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
      <tbody>${data.sessions.map(session => html`<tr key=${session.sticky_id + session.tier}><th scope="row">${session.sticky_id}</th><td>${session.tier}</td><td>${hostLink(fleet, session.client_id)}</td>
        <td class="numeric">${span(now(fleet) - Date.parse(session.created_at))}</td><td class="numeric">${span(now(fleet) - Date.parse(session.last_used))}</td>
        <td><a href=${`#/decisions/${session.reservation_id}`}>Why there?</a> <button onClick=${() => end(session)} aria-label=${`End session ${session.sticky_id} …`}>End …</button></td></tr>`)}</tbody></table>
      ${data.sessions.length === 0 && html`<p class="empty">There are no sessions.</p>`}</${Scroll}>
      <div class="buttons">${after && html`<button onClick=${() => setAfter("")}>First page</button>`}${data.next && html`<button onClick=${() => setAfter(data.next)}>Next page</button>`}</div>`}`;
}

export function Decisions({ fleet, id }) {
  return id ? html`<${Decision} fleet=${fleet} id=${id} key=${id} />` : html`<${LatestDecisions} fleet=${fleet} />`;
}

function LatestDecisions({ fleet }) {
  const { data, problem } = useLoaded("/decisions?limit=200", 3);
  return html`<h2>Latest decisions</h2><${Problem} text=${problem} />
    ${data && html`<${Scroll} label="Decisions"><table><thead><tr><th scope="col">When</th><th scope="col">Tier</th><th scope="col">Host</th><th scope="col">Session</th><th scope="col">Why</th></tr></thead>
      <tbody>${data.decisions.map(decision => html`<tr key=${decision.reservation_id}><td>${span(now(fleet) - Date.parse(decision.decided_at))} ago</td><td>${decision.tier}</td>
        <td>${hostLink(fleet, decision.client_id)}</td><td>${decision.sticky_id ?? "–"}</td>
        <td><a href=${`#/decisions/${decision.reservation_id}`} aria-label=${`Why ${decision.reservation_id}`}>Why?</a></td></tr>`)}</tbody></table>
      ${data.decisions.length === 0 && html`<p class="empty">Nothing was decided since the index started.</p>`}</${Scroll}>`}`;
}

const terms = [["Distance, km", "distance_km"], ["Cores", "avg_cpu"], ["Memory", "memory_pct"], ["Cards", "gpu"], ["Latency, ms", "latency_ms"],
  ["Slow start", "slow_start"], ["Pace", "pace"]];

function Decision({ fleet, id }) {
  const { data, problem } = useLoaded(`/decisions/${encodeURIComponent(id)}`, 3600);
  if (!data) {
    return html`<h2>Decision</h2>${problem ? html`<${Problem} text=${problem} />` : html`<p>Loading …</p>`}`;
  }

  const { explanation } = data;
  return html`<p><a href="#/decisions">Latest decisions</a></p>
    <h2>Why ${fleet.hosts.get(data.client_id)?.hostname ?? data.client_id}?</h2>
    <p>Tier ${data.tier}, decided ${moment(data.decided_at)}. ${explanation.is_existing && "The session had this host before, so scores played no part. "}
      ${explanation.as_of === data.decided_at ? "This is the fleet as it was then." : "This is the fleet as it is now, because nobody asked for an explanation then (explain=true)."} The lowest score wins.</p>
    <${Scroll} label="Hosts of the decision"><table><thead><tr><th scope="col">Host</th><th scope="col">Score</th>${terms.map(([name]) => html`<th scope="col" class="wide">${name}</th>`)}<th scope="col">Why not</th></tr></thead>
      <tbody>${explanation.hosts.map(host => html`<tr key=${host.client_id} class=${host.chosen ? "chosen" : ""}>
        <th scope="row">${host.chosen && html`<strong aria-label="chosen">✓ </strong>`}${hostLink(fleet, host.client_id)}</th><td class="numeric">${number(host.score?.total)}</td>
        ${terms.map(([, key]) => html`<td class="numeric wide">${number(host.score?.[key])}</td>`)}<td>${host.refused_by && explain(host)}</td></tr>`)}</tbody></table></${Scroll}>`;
}

const explain = host => host.shortage
  ? `${host.refused_by}: needs ${number(host.shortage.needed)} ${host.shortage.unit}, has ${number(host.shortage.available)}` : stateText(host.refused_by);

export function Events({ fleet }) {
  const { data, problem } = useLoaded("/events?limit=500", 3);
  return html`<h2>What happened</h2><${Problem} text=${problem} /><p>Since this gateway started.</p>
    ${data && html`<ol class="timeline">${data.events.map(event => html`<li key=${event.time + event.client_id + event.to}><time>${moment(event.time)}</time>
      ${" "}${fleet.hosts.has(event.client_id) ? hostLink(fleet, event.client_id) : event.hostname}: ${event.from === "" ? "registered" : `${stateText(event.from)} →`} <${State} state=${event.to} /></li>`)}</ol>
      ${data.events.length === 0 && html`<p class="empty">Nothing yet.</p>`}`}`;
}
