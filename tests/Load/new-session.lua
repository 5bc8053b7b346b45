-- Every request is the first one of a session of its own.
local threads = 0
local count = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init()
    math.randomseed(os.time() + number * 7919)
    prefix = string.format("%08x-%d-", math.random(0, 2 ^ 31 - 1), number)
end

function request()
    count = count + 1
    return wrk.format("POST", "/route", { ["Content-Type"] = "application/json", ["X-Session-ID"] = prefix .. count }, '{"tier":"web"}')
end
