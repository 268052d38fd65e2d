-- Strangers by the thousand: wrk sends what nobody was ever given, and looks at each answer.
-- With one connection a thread, an answer is to the request that was sent last.
local threads = {}

function setup(thread)
   thread:set("at", 37 * #threads)
   table.insert(threads, thread)
end

function init(arguments)
   requests, right = {}, {}
   asked, refused, unavailable, well, wrong, said = 0, 0, 0, 0, 0, ""
   for line in io.lines(arguments[1]) do
      local path, name, value, statuses = line:match("^(.-)\t(.-)\t(.-)\t(.-)$")
      requests[#requests + 1] = wrk.format("GET", path, { [name] = value })
      right[#right + 1] = {}
      for status in statuses:gmatch("%d+") do
         right[#right][tonumber(status)] = name
      end
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function delay()
   return 15
end

function response(status)
   asked = asked + 1
   if not right[at][status] then
      wrong = wrong + 1
      said = status .. " to request " .. at
   elseif status == 401 then
      refused = refused + 1
   elseif status == 503 then
      unavailable = unavailable + 1
   else
      well = well + 1
   end
end

function done()
   local sums = {}
   for _, thread in ipairs(threads) do
      for _, name in ipairs({ "asked", "refused", "unavailable", "well", "wrong" }) do
         sums[name] = (sums[name] or 0) + thread:get(name)
      end
      if thread:get("said") ~= "" then
         sums.said = thread:get("said")
      end
   end
   for name, value in pairs(sums) do
      print("strangers " .. name .. " " .. value)
   end
end
