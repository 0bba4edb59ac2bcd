-- The tier holds more of the past: everything since an earlier instant. Only if nobody has moved that meanwhile.
--
-- ARGV: prefix, since as it was, since as it is.
local coverage = ARGV[1] .. 'coverage'
local since = redis.call('HGET', coverage, 'since')
if not since or tonumber(since) ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', coverage, 'since', ARGV[3])
return 1
