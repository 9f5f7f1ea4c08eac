/** The page at `/`: what this is, and where to go. */
import type { PresetOutline } from '../scenarios/scenario-source.js';

/** `reports`: by preset, of its last run; those that nobody has run have none yet. */
export function homePage(
  version: string,
  origin: string,
  presets: readonly PresetOutline[],
  reports: ReadonlyMap<string, string>,
): string {
  const items = presets.map(
    ({ name, title, notes }) =>
      `<li><a href="/v1/presets/${encodeURIComponent(name)}"><code>${escaped(name)}</code></a> ${title === name ? '' : `${escaped(title)}. `}${escaped(firstSentence(notes))}${reportLink(reports.get(name))}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hairpin</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .8rem; border: 1px solid #8886; border-radius: .4rem }
li { margin: .3rem 0 }
</style>
</head>
<body>
<h1>Hairpin <small>${escaped(version)}</small></h1>
<p>Which source IP does my application see, and what happens to my clients while the cluster changes?</p>
<ul>
<li><a href="/docs/">Try every call in Swagger UI</a></li>
<li><a href="/v1/simulations/example/transcript">The source-IP tutorial, simulated</a>, its
<a href="/v1/simulations/example/report">report</a>, its
<a href="/v1/simulations/example/requests">requests</a>, its
<a href="/v1/simulations/example/healthz">healthz timelines</a>, and
<a href="/v1/simulations/example/requests/0/diagram?format=svg">the path of its first request</a></li>
<li><a href="/openapi.json">OpenAPI document</a>, <a href="/v1/schemas/scenario.json">scenario schema</a>,
<a href="/readyz">readiness</a>, <a href="/metrics">metrics</a></li>
</ul>
<p>Run the tutorial yourself:</p>
<pre>${escaped(tutorialCommand(origin))}</pre>
<h2>Presets</h2>
<p>Run any of them and see its report:</p>
<pre>${escaped(reportCommand(origin))}</pre>
<ul>
${items.join('\n')}
</ul>
</body>
</html>
`;
}

/** One line that a newcomer can paste: it runs the tutorial and prints its transcript. */
export function tutorialCommand(origin: string, needsKey = false): string {
  const key = needsKey ? ' -H "authorization: Bearer $HAIRPIN_KEY"' : '';
  return `curl -s ${origin}/v1/simulations${key} -H 'content-type: application/yaml' -H 'accept: text/plain' -H 'prefer: wait=30' -d 'preset: source-ip-tutorial'`;
}

/** Runs a preset and keeps its report. */
export function reportCommand(origin: string): string {
  return `curl -s ${origin}/v1/simulations -H 'content-type: application/yaml' -H 'accept: text/html' -H 'prefer: wait=30' -d 'preset: pod-becomes-unready' > report.html`;
}

const reportLink = (path: string | undefined) =>
  path === undefined ? '' : ` <a href="${escaped(path)}">Report of its last run</a>`;

const firstSentence = (text: string) =>
  /^[\s\S]*?[.!?](?=\s|$)/.exec(text.trim())?.[0].replace(/\s+/g, ' ') ?? text.trim();

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign]!);
