import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Config } from '../config.js';

const LEVELS: Record<Config['logLevel'], LogLevel[]> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};

/** The framework's own account of how it starts: of use to nobody who did not write a module just now. */
const START_UP = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** One line an entry: readable text or JSON, as configured. */
export class HairpinLogger extends ConsoleLogger {
  private readonly debugging: boolean;

  constructor(config: Pick<Config, 'logLevel' | 'logFormat'>) {
    super({
      prefix: 'hairpin',
      json: config.logFormat === 'json',
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
}
