-- Takes some of the oldest hour's dispatches and workflows out, and says first that nothing so old is covered any more.
--
-- ARGV: prefix, hour, how many, bytes for a key. Answers how many of the hour are left.
local prefix, hour, most, keyBytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local coverage, buckets, bucket = prefix .. 'coverage', prefix .. 'buckets', prefix .. 'b:' .. hour
-- A first write that needs no memory: after it a full Redis takes the others.
local ids = redis.call('LPOP', bucket, most) or {}
local endS = (hour + 1) * 3600
local since = redis.call('HGET', coverage, 'since')
if since and tonumber(since) < endS * 1000 then redis.call('HSET', coverage, 'since', string.format('%.0f', endS * 1000)) end
for _, entry in ipairs(ids) do
  local kind, id = string.sub(entry, 1, 1), string.sub(entry, 2)
  local key = prefix .. kind .. ':' .. id
  local newest = kind == 'w' and redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
  if newest and tonumber(newest) >= endS then
    -- A workflow that goes on stays, with the ids of what is gone: a reader sees that something is missing.
    local later = math.floor(tonumber(newest) / 3600)
    redis.call('RPUSH', prefix .. 'b:' .. later, entry)
    redis.call('HINCRBY', buckets, later, redis.call('ZCARD', key) * (#id + 10) + keyBytes)
  else
    redis.call('UNLINK', key)
  end
end
local left = redis.call('LLEN', bucket)
if left == 0 then redis.call('HDEL', buckets, hour) end
return left
