-- One thousand sessions, over and over, through the proxy.
local requests = {}
local count = 0

function init()
    for i = 1, 1000 do
        requests[i] = wrk.format("GET", "/app/small", { ["X-Session-ID"] = "known-" .. i, ["X-Tier"] = "web" })
    end
end

function request()
    count = count % 1000 + 1
    return requests[count]
end
