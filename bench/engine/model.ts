/** model REQUESTS SERVICES [steady]: the whole model under the tutorial's load. */
import { loadScenario } from './load-scenario.js';
import { measuredRun } from './measured-run.js';

const [requests, services] = process.argv.slice(2).map(Number) as [number, number];
console.log(JSON.stringify(measuredRun(loadScenario(requests, services, process.argv.includes('steady')))));
