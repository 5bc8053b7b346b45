-- One thousand sessions, over and over.
local count = 0

function request()
    count = count + 1
    return wrk.format("POST", "/route", { ["Content-Type"] = "application/json", ["X-Session-ID"] = "known-" .. count % 1000 }, '{"tier":"web"}')
end
