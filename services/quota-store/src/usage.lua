-- The states of the sources that have sent lately. KEYS: index of the sources. ARGV: how many at most.
-- Answers the time, then name and packed state of each.
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', nowMs)
local found = { string.format('%.0f', time[1] * 1000000 + time[2]) }
for _, name in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1)) do
  local value = redis.call('GET', KEYS[1] .. ':' .. name)
  if value then found[#found + 1], found[#found + 2] = name, value end
end
return found
