/** hold PENDING HOLDS: the engine's side of `peers/hold.cpp`. */
import { EventQueue, Sfc32 } from '../../libs/sim/src/kernel/index.js';

/** Code that has not run often enough is not compiled yet: at least so many holds come before the clock starts. */
const LEAST_WARM_UP = 300_000;

const [pending, holds] = process.argv.slice(2).map(Number) as [number, number];
const random = new Sfc32(0x9e3779b9, 0x243f6a88, 0xb7e15162);
const queue = new EventQueue();

function hold(times: number): void {
  for (let i = 0; i < times; i++) {
    queue.pop();
    queue.push(queue.time + random.exponential(), 0, queue.kind, queue.slot);
  }
}

for (let i = 0; i < pending; i++) queue.push(random.exponential(), 0, 0, i);
hold(Math.max(pending, LEAST_WARM_UP));
const start = process.hrtime.bigint();
hold(holds);
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
console.log(JSON.stringify({ rate: Math.round(holds / seconds), seconds, endTime: Number(queue.time.toFixed(6)) }));
