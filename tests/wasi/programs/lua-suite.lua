-- Runs every chunk of Lua's test suite in one interpreter: `lua driver.lua DIRECTORY`. Called by tests/wasi/lua-suite.test.ts.
-- After each chunk the libraries, metatables, hooks and the collector are as they were before it.

local directory = arg[1]
arg = nil
_soft, _port, _nomsg = true, true, true

-- What the driver needs, held in locals: chunks replace globals.
local write, format, load, open = io.write, string.format, load, io.open
local xpcall, tostring, pairs, next, rawset, rawget = xpcall, tostring, pairs, next, rawset, rawget
local collectgarbage, sethook, setmeta = collectgarbage, debug.sethook, debug.setmetatable
local gsub, sub, seed, flush = string.gsub, string.sub, math.randomseed, io.flush
local setlocale, getmeta = os.setlocale, debug.getmetatable

os.exit = function() error("os.exit was called") end

local saved = {}
local function save(table)
  if saved[table] then return end
  local copy = {}
  saved[table] = copy
  for key, value in pairs(table) do
    copy[key] = value
    if type(value) == "table" then save(value) end
  end
end
save(_G)
save(getmeta(""))
local stringmeta, iometa = getmeta(""), getmeta(io.stdout)
save(iometa)

local function restore()
  sethook()
  for _, value in pairs({ 0, true, restore }) do setmeta(value, nil) end
  setmeta(nil, nil)
  setmeta("", stringmeta)
  for table, copy in next, saved do
    setmeta(table, nil)
    for key in next, table do
      if rawget(copy, key) == nil then rawset(table, key, nil) end
    end
    for key, value in next, copy do rawset(table, key, value) end
  end
  setlocale("C")
  collectgarbage("restart")
  collectgarbage("incremental")
  collectgarbage()
end

local function message(value)
  return gsub(sub(tostring(value), 1, 160), "[%c]", " ")
end

local list = dofile(directory .. "/list.lua")
for index, entry in ipairs(list) do
  local file <close> = open(directory .. "/" .. index .. ".lua", "rb")
  local text = file:read("a")
  local chunk, problem = load(text, entry[2] or text)
  local verdict = problem
  if chunk then
    seed(index)
    local ok, failure = xpcall(chunk, message)
    verdict = ok and "ok" or failure
  end
  restore()
  write(format("\n\2%s\t%s\n", entry[1], message(verdict)))
  flush()
end
