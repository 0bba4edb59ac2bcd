-- Puts events of dispatches into the hot tier, and moves a partition's position: all of it or nothing.
--
-- ARGV: prefix, seconds to live, bound on dispatches of a workflow, bytes for a key;
--       partition (or '' for none), offset it must be at least at, offset that it is then at;
--       for each dispatch: id, workflow (or ''), second of its first event, number of frames, frames.
-- Answers 1, or 0 where the position says that this Redis has lost something; then nothing was written.
local prefix, liveS, idsMax, keyBytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local partition, lowOffset, nextOffset = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local coverage, buckets = prefix .. 'coverage', prefix .. 'buckets'
local position
if partition ~= '' then
  position = redis.call('HGET', coverage, 'p:' .. partition)
  local offset = position and tonumber(string.match(position, '^(%d+) '))
  if not offset or offset < lowOffset or offset > nextOffset then return 0 end
end
local bytesOf = {}
local function count (hour, bytes) bytesOf[hour] = (bytesOf[hour] or 0) + bytes end
local function remember (hour, kind, id)
  local bucket = prefix .. 'b:' .. hour
  if redis.call('RPUSH', bucket, kind .. id) == 1 then redis.call('EXPIRE', bucket, liveS) end
end
local at = 8
while at <= #ARGV do
  local id, workflow, firstS, frames = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  at = at + 4
  local key, hour = prefix .. 'd:' .. id, math.floor(firstS / 3600)
  local stored = redis.call('GET', key)
  if not stored then
    local value = struct.pack('>I4', hour) .. table.concat(ARGV, '', at, at + frames - 1)
    redis.call('SET', key, value, 'EX', liveS)
    remember(hour, 'd', id)
    count(hour, #value + keyBytes + 2 * #id + #prefix)
  else
    local missing = {}
    for i = at, at + frames - 1 do
      -- Plain: a frame is the same bytes or another event.
      if not string.find(stored, ARGV[i], 5, true) then missing[#missing + 1] = ARGV[i] end
    end
    if #missing > 0 then
      local added = table.concat(missing)
      redis.call('SET', key, stored .. added, 'EX', liveS)
      count(struct.unpack('>I4', stored), #added)
    end
  end
  if workflow ~= '' then
    local ids = prefix .. 'w:' .. workflow
    if redis.call('ZCARD', ids) < idsMax and redis.call('ZADD', ids, 'NX', firstS, id) == 1 then
      if redis.call('ZCARD', ids) == 1 then
        remember(hour, 'w', workflow)
        count(hour, keyBytes + 2 * #workflow + #prefix)
      end
      count(hour, #id + 10)
    end
    redis.call('EXPIRE', ids, liveS)
  end
  at = at + frames
end
for hour, bytes in pairs(bytesOf) do redis.call('HINCRBY', buckets, hour, bytes) end
if position then redis.call('HSET', coverage, 'p:' .. partition, (string.gsub(position, '^%d+', string.format('%.0f', nextOffset)))) end
return 1
