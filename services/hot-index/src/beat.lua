-- An archiver says of its partitions that it is there, where it is, and whether something is missing.
--
-- ARGV: prefix, lease in ms, number of partitions of the topic, ms that are hot, this Redis's id, the `since` of a tier that knows
--       nothing; for each partition: its number, the lowest and the highest offset that it may be at, 1 if it has a gap.
-- Answers 1 where this Redis had lost something, or had nothing: then it vouches for nothing older from now on.
local prefix, leaseMs, partitionCount, hotMs, redisId, nothingSince = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local coverage = prefix .. 'coverage'
local time = redis.call('TIME')
local untilMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + leaseMs
local isLost = not redis.call('HGET', coverage, 'since')
local states = {}
for at = 7, #ARGV, 4 do
  local field, low, high, gap = 'p:' .. ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3]
  local position = redis.call('HGET', coverage, field)
  local offset = position and tonumber(string.match(position, '^(%d+) '))
  -- `p:` of a partition that was never here is lost too: what was archived of it before is not in the tier.
  if not offset or offset < low or offset > high then isLost = true end
  local before = position and string.match(position, ' (%S+)$')
  -- The same run id with more keys thrown out is another id, and what was thrown out may be anything.
  if before and string.match(before, '^[^/]*') == string.match(redisId, '^[^/]*') and before ~= redisId then isLost = true end
  states[#states + 1] = field
  states[#states + 1] = string.format('%.0f %.0f %s %s', high, untilMs, gap, redisId)
end
redis.call('HSET', coverage, 'partitions', partitionCount, 'hot', hotMs, unpack(states))
if isLost then redis.call('HSET', coverage, 'since', nothingSince) end
return isLost and 1 or 0
