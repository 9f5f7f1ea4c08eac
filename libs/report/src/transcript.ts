import type { Origin, RunResult, Step, StepRecord } from '#sim';
import { commentLine, withoutControlCharacters } from './comment-line.js';
import { evidenceText } from './evidence-text.js';
import { getText, spansNamespaces } from './get-text.js';
import { happeningText } from './happening-text.js';
import { httpCommandText, httpOutputLines } from './http-text.js';
import { secondsText } from './human-duration.js';
import { ipAddrText } from './ip-addr-text.js';
import { kubectlCommandText } from './kubectl-command.js';
import { lossLines } from './run-text.js';

/**
 * Every step of a run as the command that a person would type and what it printed, in the order of the run.
 *
 * Each step opens with a comment: the virtual time and, where the command does not run on the machine of the person
 * at kubectl, where it runs. Whatever is not the output of a real command is a comment too.
 */
export function transcriptText(result: RunResult): string {
  const steps = result.transcript.map((record) => `${stepLines(record).join('\n')}\n`);
  const summary = result.summary.requests > 0 ? [`${summaryLines(result).join('\n')}\n`] : [];
  return withoutControlCharacters([...steps, ...summary].join('\n'));
}

/** What a run without steps is about, and what the others end with. */
function summaryLines({ summary, expectations }: RunResult): string[] {
  const outcomes = Object.entries(summary.outcomes).map(([outcome, number]) => `${number} ${outcome}`);
  const asked = expectations.map((result) => {
    const { name, passed, matched, of } = result;
    const found = evidenceText(result) ?? `${matched} of ${of}`;
    return commentLine(`expectation ${name}: ${passed ? 'passed' : 'FAILED'} (${found})`);
  });
  return [
    commentLine(`${count(summary.requests, 'request')}${outcomes.length > 0 ? `: ${outcomes.join(', ')}` : ''}`),
    ...lossLines(summary.losses ?? []).map(commentLine),
    ...asked,
  ];
}

const BY = { timeline: ', by the timeline', cluster: ', an event' } as const;

function stepLines(record: StepRecord): string[] {
  const { step, output } = record;
  const place = 'on' in step ? ` ${placeText(step.on)}` : '';
  return [
    commentLine(`t=${secondsText(record.fromNs)}${record.by === undefined ? place : BY[record.by]}`),
    ...commandLines(record),
    ...outputLines(step, output),
  ];
}

function placeText(on: Origin): string {
  if ('node' in on) return `on node ${on.node}`;
  if ('pod' in on) return `in pod ${on.pod.replace(/^default\//, '')}`;
  return `on client ${on.client}`;
}

function commandLines({ step, output }: StepRecord): string[] {
  switch (step.do) {
    case 'curl':
      return [`$ ${httpCommandText(step, output.kind === 'http' ? output.exchanges : [])}`];
    case 'exec':
      return [`$ ${step.command}`];
    case 'sleep':
      return [`$ sleep ${step.forNs / 1e9}`];
    case 'kubectl': {
      const { command } = step;
      const allNamespaces =
        command.verb === 'get' && output.kind === 'objects' && spansNamespaces(command, output.objects);
      return [`$ ${kubectlCommandText(command, allNamespaces)}`, ...labelsComment(command)];
    }
    case 'waitUntil':
      return [];
    case 'event':
      return [commentLine(`${step.reason} ${step.about}`)];
    default:
      return [commentLine(happeningText(step))];
  }
}

/** `kubectl create deployment` has no option for labels; they are said beside it. */
function labelsComment(command: Extract<Step, { do: 'kubectl' }>['command']): string[] {
  if (command.verb !== 'create-deployment') return [];
  const labels = Object.entries(command.labels).map(([key, value]) => `${key}=${value}`);
  const own = `app=${command.name.slice(command.name.lastIndexOf('/') + 1)}`;
  return labels.length === 0 || (labels.length === 1 && labels[0] === own)
    ? []
    : [commentLine(`with labels ${labels.join(',')}`)];
}

function outputLines(step: StepRecord['step'], output: StepRecord['output']): string[] {
  switch (output.kind) {
    case 'text':
      return step.do === 'event' ? [commentLine(output.text)] : nonEmpty(output.text.replace(/\n$/, ''));
    case 'http':
      return step.do === 'curl' ? httpOutputLines(step, output.exchanges) : [];
    case 'objects':
      return step.do === 'kubectl' && step.command.verb === 'get'
        ? nonEmpty(getText(step.command, output.objects, output.nowNs))
        : [];
    case 'interfaces':
      return nonEmpty(ipAddrText(output.interfaces));
    case 'waited':
      return step.do === 'waitUntil' ? [waitedComment(step, output.fulfilled, output.forNs)] : [];
  }
}

function waitedComment(step: Extract<Step, { do: 'waitUntil' }>, fulfilled: boolean, forNs: number): string {
  const condition = conditionText(step.condition);
  return fulfilled
    ? commentLine(`waited ${secondsText(forNs)} until ${condition}`)
    : commentLine(`gave up after ${secondsText(forNs)} of waiting until ${condition}`);
}

function conditionText(condition: Extract<Step, { do: 'waitUntil' }>['condition']): string {
  if ('unhealthy' in condition) return `${condition.loadBalancer} has taken out ${count(condition.unhealthy, 'node')}`;
  if ('healthy' in condition) return `${condition.loadBalancer} has ${count(condition.healthy, 'healthy node')}`;
  const labels = Object.entries(condition.pods).map(([key, value]) => `${key}=${value}`);
  return `${count(condition.ready, 'pod')} with ${labels.join(',')} in ${condition.namespace} ready`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function nonEmpty(text: string): string[] {
  return text === '' ? [] : [text];
}
