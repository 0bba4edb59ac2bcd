-- What is there of a dispatch or of a workflow, and how far the tier is to be believed, at one instant.
--
-- ARGV: prefix, d or w, id, most dispatches. Answers the time in ms, the coverage, the ids and their values; of more than the most, no values.
local prefix, kind, id, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local time = redis.call('TIME')
local ids = { id }
if kind == 'w' then ids = redis.call('ZRANGE', prefix .. 'w:' .. id, 0, most) end
local values = {}
if #ids <= most then
  for i, each in ipairs(ids) do values[i] = redis.call('GET', prefix .. 'd:' .. each) end
end
return { tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), redis.call('HGETALL', prefix .. 'coverage'), ids, values }
