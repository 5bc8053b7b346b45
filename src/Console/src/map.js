// Where the hosts are. The table has the same for those who do not see the map.
import { geoGraticule10, geoNaturalEarth1, geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import atlas from "world-atlas/countries-110m.json";
import { html, stateText, useMemo } from "./ui.js";

const [width, height] = [960, 500];
const projection = geoNaturalEarth1().fitExtent([[4, 4], [width - 4, height - 4]], { type: "Sphere" });
const path = geoPath(projection);
const shapes = {
  sphere: path({ type: "Sphere" }), graticule: path(geoGraticule10()),
  land: path(feature(atlas, atlas.objects.land)), borders: path(mesh(atlas, atlas.objects.countries, (a, b) => a !== b)),
};

export function WorldMap({ fleet }) {
  const places = useMemo(() => group([...fleet.hosts.values()]), [fleet]);
  const unplaced = [...fleet.hosts.values()].filter(host => host.latitude === undefined).length;
  return html`<h2>Map</h2>
    <svg class="map" viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${`Map of ${fleet.hosts.size - unplaced} hosts at ${places.length} places`}>
      <path class="sphere" d=${shapes.sphere} /><path class="graticule" d=${shapes.graticule} /><path class="land" d=${shapes.land} /><path class="borders" d=${shapes.borders} />
      ${places.map(place => html`<a key=${place.key} href=${place.hosts.length === 1 ? `#/hosts/${encodeURIComponent(place.hosts[0].client_id)}` : "#/"} aria-label=${place.text}>
        <circle class=${`place ${place.state}`} cx=${place.x} cy=${place.y} r=${4 + Math.min(14, Math.sqrt(place.hosts.length) * 1.6)}><title>${place.text}</title></circle></a>`)}
    </svg>
    ${unplaced > 0 && html`<p>${unplaced} hosts have no place: they registered without coordinates, and no GeoIP file knows their address.</p>`}`;
}

/** Hosts whose dots would lie on each other are one dot. */
function group(hosts) {
  const places = new Map();
  for (const host of hosts.filter(one => one.latitude !== undefined)) {
    const [x, y] = projection([host.longitude, host.latitude]);
    const key = `${Math.round(x / 8)},${Math.round(y / 8)}`;
    const place = places.get(key) ?? { key, x, y, hosts: [] };
    place.hosts.push(host);
    places.set(key, place);
  }

  return [...places.values()].map(place => {
    const trouble = place.hosts.filter(host => host.state !== "in_service");
    const where = place.hosts[0].location || "unnamed place";
    const text = place.hosts.length === 1 ? `${place.hosts[0].hostname}, ${where}: ${stateText(place.hosts[0].state)}`
      : `${where}: ${place.hosts.length} hosts${trouble.length > 0 ? `, ${trouble.length} not in service` : ""}`;
    return { ...place, text, state: trouble.length === 0 ? "in_service" : trouble.length === place.hosts.length ? "stale" : "draining" };
  });
}
