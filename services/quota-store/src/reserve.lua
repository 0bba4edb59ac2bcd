-- One round of a task: core/ledger.ts and core/gcra.ts again, in Redis and on its clock alone; a test compares them.
-- Numbers come and go packed, in the order that reserve-call.ts has. Everything is read and computed before anything is
-- written, and the first write is one that Redis refuses when it is out of memory: a script that fails has changed nothing.
-- KEYS: epoch, the task's answers, index of the sources, then each source (index .. ':' .. name).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local asked = cmsgpack.unpack(ARGV[1])
local owner, sourceCount, requestCount, floorIntervals, behindMin, episodeForgotten, stateMs, answersMs, commonMs = unpack(asked, 1, 9)
local headFields, sourceFields, requestFields, keptFields = 9, 5, 6, 6
local min, max, ceil = math.min, math.max, math.ceil

local lanes = {}
local stored = redis.call('GET', KEYS[2])
if stored then
  local before = cmsgpack.unpack(stored)
  if before[1] > owner then return redis.error_reply('FENCED a later owner has asked') end
  for i = 2, #before, 2 do lanes[before[i]] = before[i + 1] end
end
local knownEpoch = redis.call('GET', KEYS[1])
local epoch = tonumber(knownEpoch or now)

local function moved (tat, before, after)
  if tat - before > now then return tat - before + after end
  return min(tat, now + after)
end

-- Paces: interval, tolerance, the same two for P0, outstandingMax. A state is stored with the paces it was made with.
local paces, states, changed = {}, {}, {}
for i = 1, sourceCount do
  local pace = { unpack(asked, headFields + (i - 1) * sourceFields + 1, headFields + i * sourceFields) }
  local state = { tat = epoch + pace[2], urgentTat = epoch + pace[4], last = min(now, epoch), episode = false }
  local value = redis.call('GET', KEYS[3 + i])
  if value then
    local tat, urgentTat, last, episode, _, tolerance, urgentTolerance = unpack(cmsgpack.unpack(value))
    state = { tat = moved(tat, tolerance, pace[2]), urgentTat = moved(urgentTat, urgentTolerance, pace[4]), last = last, episode = episode }
  end
  paces[i], states[i] = pace, state
end

local function nextSlot (tat, urgentTat, last, pace, isUrgent)
  if isUrgent then return max(now, urgentTat - pace[4]) end
  return max(now, min(tat - pace[2], last + floorIntervals * pace[1]))
end

local function clearsAt (tat, urgentTat, pace)
  return max(tat - pace[2] / 2, urgentTat - pace[4] / 2)
end

-- Outcome (0 granted, 1 refused for the backlog, 2 for the deadline), its time, backlog, when that clears, episode or false.
local function take (i, isUrgent, delayMax, behind)
  local state, pace = states[i], paces[i]
  local tat, urgentTat, last = state.tat, state.urgentTat, state.last
  local interval = isUrgent and pace[3] or pace[1]
  local behindAt = now + behind
  if behind > 0 and behindAt > nextSlot(tat, urgentTat, last, pace, isUrgent) + behindMin then
    if isUrgent then urgentTat = behindAt + pace[4] + interval
    else tat, last = behindAt + pace[2] + interval, behindAt end
  end
  local slot = nextSlot(tat, urgentTat, last, pace, isUrgent)
  local backlog = ceil((slot - now) / interval)
  if backlog > pace[5] then return 1, slot - pace[5] * interval, backlog - 1, 0, false end
  if slot - now > delayMax then return 2, slot, backlog - 1, 0, false end
  local isOpen = state.episode and now <= clearsAt(tat, urgentTat, pace) + episodeForgotten
  local opened = slot > now and not isOpen and string.format('%.0f', now)
  state.episode = opened or (isOpen and state.episode)
  state.tat = max(now, tat) + pace[1]
  if isUrgent then state.urgentTat, state.last = max(now, urgentTat) + interval, last
  else state.urgentTat, state.last = urgentTat, slot end
  changed[i] = true
  return 0, slot, backlog, clearsAt(state.tat, state.urgentTat, pace), opened
end

-- Of the lanes asked for, what is below the lowest position asked goes.
local firstRequest = headFields + sourceCount * sourceFields
local lastRequest = firstRequest + (requestCount - 1) * requestFields
local lowest, keptAt = {}, {}
for at = firstRequest, lastRequest, requestFields do
  local lane, offset = asked[at + 1], asked[at + 2]
  lowest[lane] = min(offset, lowest[lane] or offset)
end
for lane, offsetMin in pairs(lowest) do
  local before, kept, index = lanes[lane] or {}, {}, {}
  for at = 1, #before, keptFields do
    if before[at] >= offsetMin then
      local size = #kept
      index[before[at]] = size
      for field = 0, keptFields - 1 do kept[size + 1 + field] = before[at + field] end
    end
  end
  lanes[lane], keptAt[lane] = kept, index
end

local answers = { now }
for at = firstRequest, lastRequest, requestFields do
  local lane, offset, source, urgent, delayMax, behind = unpack(asked, at + 1, at + requestFields)
  local kept, known = lanes[lane], keptAt[lane][offset]
  local outcome, when, backlog, clears, episode
  if known then outcome, when, backlog, clears, episode = unpack(kept, known + 2, known + keptFields)
  else
    outcome, when, backlog, clears, episode = take(source, urgent == 1, delayMax, behind)
    local size = #kept
    keptAt[lane][offset] = size
    kept[size + 1], kept[size + 2], kept[size + 3] = offset, outcome, when
    kept[size + 4], kept[size + 5], kept[size + 6] = backlog, clears, episode
  end
  local size = #answers
  answers[size + 1], answers[size + 2], answers[size + 3] = outcome, when, backlog
  answers[size + 4], answers[size + 5] = clears, episode
end

local packed = { owner }
for lane, kept in pairs(lanes) do packed[#packed + 1], packed[#packed + 2] = lane, kept end
redis.call('SET', KEYS[2], cmsgpack.pack(packed), 'PX', answersMs)
if knownEpoch then redis.call('PEXPIRE', KEYS[1], commonMs)
else redis.call('SET', KEYS[1], string.format('%.0f', now), 'PX', commonMs) end
local index = KEYS[3]
for i in pairs(changed) do
  local state, pace, key = states[i], paces[i], KEYS[3 + i]
  local leftMs = ceil(max(0, state.tat - now, state.urgentTat - now) / 1000) + stateMs
  local value = { state.tat, state.urgentTat, state.last, state.episode, pace[1], pace[2], pace[4] }
  redis.call('SET', key, cmsgpack.pack(value), 'PX', string.format('%.0f', leftMs))
  redis.call('ZADD', index, string.format('%.0f', now / 1000 + leftMs), string.sub(key, #index + 2))
end
if next(changed) then redis.call('PEXPIRE', index, commonMs) end
return cmsgpack.pack(answers)
