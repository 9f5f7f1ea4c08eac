import { fitted } from '../svg-text.js';
import { counted, countText, timeText } from './figures.js';
import { esc, section } from './markup.js';
import type { ReportInput } from './report-input.js';

const NOTES_MAX = 6000;

export function aboutSection({ id, version, seed, scenario, result }: ReportInput): string {
  const { summary, modelVersion, fingerprint } = result;
  const facts = [
    ['Scenario', esc(fitted(scenario.name, 200))],
    ...(id === null ? [] : [['Simulation', `<code>${esc(id)}</code>`]]),
    [
      'Kubernetes',
      `${esc(scenario.cluster.version)}, ${counted(Object.keys(scenario.cluster.nodes).length, 'node')} at the beginning`,
    ],
    ['Seed', String(seed)],
    ['Model version', esc(modelVersion)],
    ['Fingerprint', `<code>${esc(fingerprint)}</code>: the same scenario, seed and model version give the same run`],
    ['Virtual time', esc(timeText(summary.virtualMs))],
    [
      'Work',
      `${counted(summary.events, 'event')}, ${counted(summary.ruleSyncs, 'rule sync')}, ${counted(summary.endpointChanges, 'endpoint change')}, ${counted(summary.probes, 'health check')} of load balancers`,
    ],
    ['Hairpin', esc(version)],
  ];
  const list = facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('');
  return section(
    'about',
    'About this run',
    notesHtml(scenario.notes),
    `<dl class="facts">${list}</dl>`,
    '<p class="server" hidden>From the server: <a href="requests">all requests</a>, <a href="healthz">healthz timelines</a>, <a href="transcript">transcript</a>.</p>',
  );
}

function notesHtml(notes: string): string {
  const text = notes.trim();
  if (text === '') return '';
  const cut =
    text.length > NOTES_MAX
      ? `${text.slice(0, NOTES_MAX)}… (${countText(text.length - NOTES_MAX)} characters more)`
      : text;
  const paragraphs = cut.split(/\n\s*\n/).map((paragraph) => `<p>${esc(paragraph.trim())}</p>`);
  return `<div class="notes"><h3>What the scenario says of itself</h3>${paragraphs.join('\n')}</div>`;
}
