/** What the timeline or a step did, in a line. */
import type { KubectlCommand, Step, StepRecord } from '#sim';
import { happeningText } from '../happening-text.js';
import { kubectlCommandText } from '../kubectl-command.js';
import { fitted } from '../svg-text.js';

const LENGTH_MAX = 140;

export function eventText(happening: StepRecord['step']): string {
  return fitted(plainText(happening).replace(/\s+/g, ' '), LENGTH_MAX);
}

/** Whether a step changes anything; looking and asking do not. */
export function changesSomething(step: StepRecord['step']): step is Extract<Step, { do: 'kubectl' }> {
  return step.do === 'kubectl' && step.command.verb !== 'get';
}

function plainText(happening: StepRecord['step']): string {
  switch (happening.do) {
    case 'kubectl':
      return commandText(happening.command);
    case 'event':
      return `${happening.reason} ${happening.about}`;
    case 'curl':
    case 'exec':
    case 'sleep':
    case 'waitUntil':
      return happening.do;
    default:
      return happeningText(happening).replaceAll('default/', '');
  }
}

function commandText(command: KubectlCommand): string {
  if (command.verb !== 'apply') return kubectlCommandText(command);
  const { kind, metadata } = command.object;
  return `kubectl apply: ${kind} ${metadata.namespace === undefined || metadata.namespace === 'default' ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
