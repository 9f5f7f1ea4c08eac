import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Config } from '../config.js';
import { currentWork, workFields } from './work-context.js';

const LEVELS: Record<Config['logLevel'], LogLevel[]> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};

/** The framework's own account of how it starts: of use to nobody who did not write a module just now. */
const START_UP = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

type Fields = Record<string, unknown>;

/**
 * One line an entry: readable text, or JSON with `timestamp` (epoch milliseconds), `level`, `message`, `context`, what
 * the entry is about (`requestId`, `simulationId` or what else it is, `traceId`) and the entry's own fields.
 */
export class HairpinLogger extends ConsoleLogger {
  private readonly debugging: boolean;

  constructor(config: Pick<Config, 'logLevel' | 'logFormat'>) {
    super({
      prefix: 'hairpin',
      json: config.logFormat === 'json',
      flattenParams: true,
      logLevels: LEVELS[config.logLevel],
      // Files and pipes are for programs, to which escape sequences are noise.
      colors: config.logFormat === 'text' && process.stdout.isTTY === true && process.stderr.isTTY === true,
    });
    this.debugging = config.logLevel === 'debug';
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!this.debugging && START_UP.has(String(rest.at(-1)))) return;
    super.log(message, ...(rest as [string]));
  }

  /** The framework's of what kept a process from starting, which whoever started it tells (`startup-problem.ts`). */
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === 'ExceptionHandler') return;
    super.error(message, ...(rest as [string]));
  }

  /** The fields of an entry are for machines; for people the message says enough. */
  protected override printMessages(
    messages: unknown[],
    context?: string,
    level?: LogLevel,
    stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params?: Fields,
  ): void {
    const fields = this.options.json ? { ...workFields(currentWork()), ...params } : undefined;
    super.printMessages(messages, context, level, stream, stack, fields);
  }

  protected override formatMessage(...parts: Parameters<ConsoleLogger['formatMessage']>): string {
    const { requestId, subject } = currentWork();
    const about = [requestId && `request ${requestId}`, subject && `${subject.kind} ${subject.id}`].filter(Boolean);
    const line = super.formatMessage(...parts);
    return about.length === 0 ? line : line.replace(/\n$/, ` (${about.join(', ')})\n`);
  }
}
