-- Strangers by the thousand: wrk sends what nobody was ever given, and looks at each answer. Which request
-- an answer belongs to it does not know for certain where a connection was lost, so each answer speaks for itself:
-- nobody is let in, whoever it was.
local threads = {}

function setup(thread)
   thread:set("at", 37 * #threads)
   table.insert(threads, thread)
end

function init(arguments)
   requests = {}
   asked, refused, unavailable, well, wrong, said = 0, 0, 0, 0, 0, ""
   for line in io.lines(arguments[1]) do
      local path, name, value = line:match("^(.-)\t(.-)\t(.-)$")
      requests[#requests + 1] = wrk.format("GET", path, { [name] = value })
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function delay()
   return 15
end

function response(status, headers, body)
   asked = asked + 1
   if status == 401 then
      refused = refused + 1
   elseif status == 503 then
      unavailable = unavailable + 1
   elseif status == 200 and body == '{"well":true}' then
      well = well + 1
   else
      wrong = wrong + 1
      said = status .. " " .. body
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
