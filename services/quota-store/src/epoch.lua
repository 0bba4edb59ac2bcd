-- When counting began: now, unless it is known. It is written in any case, to see that Redis takes writes.
-- KEYS: epoch. ARGV: milliseconds for which it is kept.
local time = redis.call('TIME')
local epoch = redis.call('GET', KEYS[1]) or string.format('%.0f', time[1] * 1000000 + time[2])
return redis.call('SET', KEYS[1], epoch, 'PX', ARGV[1])
