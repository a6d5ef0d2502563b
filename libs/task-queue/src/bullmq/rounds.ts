import type { JobId } from "@sluice/schema";
import type { RedisClient } from "./redis-connection.ts";

/** BullMQ's greatest priority; beyond it tasks are served in order of arrival. */
const MAX_PRIORITY = 2_097_151;
/** BullMQ's score of a waiting job: its priority times this, and a counter. */
const SCORE_UNIT = 4_294_967_296;

/**
 * Gives the next tasks of import jobs their rounds. Each job gets one task a round; a job that is new, or had nothing to
 * wait for, begins with the round that is served now, which is that of the first waiting task. Rounds begin anew when
 * nothing waits. One script, so that producers of several processes cannot give a round twice.
 *
 * KEYS: waiting tasks by round (BullMQ's sorted set), last round by job (hash). ARGV: job, count, job, count …
 * Answers the first round of each job.
 */
const script = `
local head = redis.call("ZRANGE", KEYS[1], 0, 0, "WITHSCORES")
local now = 1
if #head == 0 then redis.call("DEL", KEYS[2]) else now = math.floor(tonumber(head[2]) / ${SCORE_UNIT}) end
local first = {}
for i = 1, #ARGV, 2 do
  local last = tonumber(redis.call("HGET", KEYS[2], ARGV[i]) or "0")
  local begin = math.max(now, last + 1)
  first[#first + 1] = begin
  redis.call("HSET", KEYS[2], ARGV[i], begin + tonumber(ARGV[i + 1]) - 1)
end
return first`;

/**
 * Rounds for tasks in their order, one job's tasks ascending.
 * @param waitingKey BullMQ's sorted set of waiting tasks
 */
export async function takeRounds(
  client: RedisClient,
  waitingKey: string,
  roundsKey: string,
  jobIds: readonly JobId[],
): Promise<number[]> {
  const counts = new Map<JobId, number>();
  for (const id of jobIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  const args = [...counts].flatMap(([id, count]) => [String(id), String(count)]);
  const first = (await client.eval(script, 2, waitingKey, roundsKey, ...args)) as number[];
  const next = new Map([...counts.keys()].map((id, i) => [id, first[i]]));
  return jobIds.map((id) => {
    const round = next.get(id) as number;
    next.set(id, round + 1);
    return Math.min(round, MAX_PRIORITY);
  });
}
