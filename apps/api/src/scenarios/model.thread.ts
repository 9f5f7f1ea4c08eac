/** What the API asks of the model at once, in a thread: large answers take time, and meanwhile others are served. */
import { type Issue, readRulesByNode } from '#scenario';
import {
  ModelError,
  type RulesQuestion,
  rulesText,
  type Scenario,
  type TracePacket,
  type TraceResult,
  traceScenario,
} from '#sim';
import { type CellsAsk, type PreparedCell, prepareCells } from '../experiments/experiment-cells.js';
import { type ExperimentFormat, type ExperimentSources, renderExperiment } from '../experiments/experiment-table.js';
import type { SentText } from '../http/body.js';
import { type ReportFormat, type ReportSources, renderReport } from '../simulations/render-report.js';
import { answerMatrix, type MatrixAsk } from '../traces/matrix-answer.js';
import { type Preparation, prepareScenario, type ScenarioText } from './prepare-scenario.js';
import { locatedIssues, type Reading, readRequest } from './read-request.js';

export type ModelTask =
  | { kind: 'read'; sent: SentText; limits: ScenarioText['limits'] }
  | { kind: 'locate'; sent: SentText; issues: Issue[]; limits: ScenarioText['limits'] }
  | { kind: 'prepare'; text: ScenarioText }
  /** `scenario`: normalised, as JSON. */
  | { kind: 'trace'; scenario: string; question: TraceQuestion }
  | { kind: 'rules'; scenario: string; question: RulesQuestion }
  | { kind: 'matrix'; ask: MatrixAsk }
  | { kind: 'cells'; ask: CellsAsk }
  | { kind: 'report'; format: ReportFormat; sources: ReportSources }
  | { kind: 'experiment'; format: ExperimentFormat; sources: ExperimentSources };

export interface TraceQuestion {
  packet: TracePacket;
  atNs: number;
  /** By node, as the request has them. */
  rules: Record<string, unknown>;
}

interface Refusal {
  code: string;
  path: string;
  message: string;
  hint: string;
}

export type ModelAnswer =
  | { kind: 'read'; reading: Reading }
  | { kind: 'located'; issues: Issue[] }
  | { kind: 'prepared'; preparation: Preparation }
  | { kind: 'traced'; result: TraceResult; warnings: Issue[] }
  /** Of what the question brought: rules, or settings of variants. */
  | { kind: 'invalid'; issues: Issue[] }
  | { kind: 'rules'; text: string }
  | { kind: 'matrix'; text: string }
  | { kind: 'cells'; cells: PreparedCell[] }
  | { kind: 'report'; text: string }
  | { kind: 'experiment'; text: string }
  /** The model has no answer, and says why: all that is wrong with the question. */
  | { kind: 'refused'; refusals: Refusal[] };

export default function answer(task: ModelTask): ModelAnswer {
  try {
    switch (task.kind) {
      case 'read':
        return { kind: 'read', reading: readRequest(task.sent, task.limits) };
      case 'locate':
        return { kind: 'located', issues: locatedIssues(task.sent, task.issues, task.limits) };
      case 'prepare':
        return { kind: 'prepared', preparation: prepareScenario(task.text) };
      case 'trace':
        return trace(scenarioOf(task.scenario), task.question);
      case 'rules':
        return { kind: 'rules', text: rulesText(scenarioOf(task.scenario), task.question) };
      case 'report':
        return { kind: 'report', text: renderReport(task.format, task.sources) };
      case 'experiment':
        return { kind: 'experiment', text: renderExperiment(task.format, task.sources) };
      case 'cells': {
        const prepared = prepareCells(task.ask);
        return 'cells' in prepared ? { kind: 'cells', ...prepared } : { kind: 'invalid', ...prepared };
      }
      case 'matrix': {
        const answered = answerMatrix(task.ask);
        return 'text' in answered ? { kind: 'matrix', ...answered } : { kind: 'invalid', ...answered };
      }
    }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const all = [error, ...error.others];
    return { kind: 'refused', refusals: all.map(({ code, path, message, hint }) => ({ code, path, message, hint })) };
  }
}

function trace(scenario: Scenario, { packet, atNs, rules: given }: TraceQuestion): ModelAnswer {
  const { rules, issues } = readRulesByNode(given, scenario.cluster);
  if (rules === null) return { kind: 'invalid', issues };
  return { kind: 'traced', result: traceScenario(scenario, packet, atNs, rules), warnings: issues };
}

const scenarioOf = (json: string) => JSON.parse(json) as Scenario;
