-- Whether a source's episode is over; then it is closed. core/ledger.ts `episode`, on the clock of Redis.
-- KEYS: the source. ARGV: the episode. Answers whether it is cleared (1 or 0), and the microseconds left, as text.
local value = redis.call('GET', KEYS[1])
if not value then return { 1, '0' } end
local state = cmsgpack.unpack(value)
if state[4] ~= ARGV[1] then return { 1, '0' } end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local left = math.max(state[1] - state[6] / 2, state[2] - state[7] / 2) - now
if left > 0 then return { 0, string.format('%.1f', left) } end
state[4] = false
redis.call('SET', KEYS[1], cmsgpack.pack(state), 'KEEPTTL')
return { 1, '0' }
