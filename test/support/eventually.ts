import { setTimeout as sleep } from "node:timers/promises";

/** Runs `attempt` until it does not throw. @throws what it threw last, after `limitMs` */
export async function eventually<T>(attempt: () => Promise<T>, limitMs = 20_000): Promise<T> {
  const late = Date.now() + limitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > late) throw error;
    }
    await sleep(100);
  }
}
