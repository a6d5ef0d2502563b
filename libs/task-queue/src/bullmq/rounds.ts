import type { JobId } from "@sluice/schema";
import type { RedisClient } from "./redis-connection.ts";

/** BullMQ's greatest priority. Beyond it tasks are served in order of arrival. */
const MAX_ROUND = 2_097_151;
/** Jobs that are remembered before those are looked for that can be forgotten: more than are open at once. */
const KEPT_JOBS = 4096;
/** BullMQ's score of a waiting job: its priority times this, and a counter. */
const SCORE_UNIT = 4_294_967_296;

/**
 * Gives the next tasks of jobs their rounds. Each job gets one task a round; a job that is new, or had nothing to
 * wait for, begins with the round that is served now, which is that of the first waiting task. Rounds begin anew when
 * nothing waits. Where something always waits, jobs whose rounds have been served are forgotten, which says the same. One
 * script, so that producers of several processes cannot give a round twice.
 *
 * KEYS: waiting tasks by round (BullMQ's sorted set), last round by job (hash). ARGV: job, count, job, count …
 * Answers the first round of each job.
 */
const script = (keptJobs: number) => `
local head = redis.call("ZRANGE", KEYS[1], 0, 0, "WITHSCORES")
local now = 1
if #head > 0 then now = math.floor(tonumber(head[2]) / ${SCORE_UNIT}) end
if #head == 0 then
  redis.call("DEL", KEYS[2])
  now = 1
end
local first = {}
for i = 1, #ARGV, 2 do
  local last = tonumber(redis.call("HGET", KEYS[2], ARGV[i]) or "0")
  local begin = math.max(now, last + 1)
  first[#first + 1] = begin
  redis.call("HSET", KEYS[2], ARGV[i], begin + tonumber(ARGV[i + 1]) - 1)
end
if redis.call("HLEN", KEYS[2]) > ${keptJobs} then
  local rounds = redis.call("HGETALL", KEYS[2])
  for i = 1, #rounds, 2 do
    if tonumber(rounds[i + 1]) < now then redis.call("HDEL", KEYS[2], rounds[i]) end
  end
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
  keptJobs = KEPT_JOBS,
): Promise<number[]> {
  const counts = new Map<JobId, number>();
  for (const id of jobIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  const args = [...counts].flatMap(([id, count]) => [String(id), String(count)]);
  const first = (await client.eval(script(keptJobs), 2, waitingKey, roundsKey, ...args)) as number[];
  const next = new Map([...counts.keys()].map((id, i) => [id, first[i]]));
  return jobIds.map((id) => {
    const round = next.get(id) as number;
    next.set(id, round + 1);
    return Math.min(round, MAX_ROUND);
  });
}
