-- Reports of the hosts b1 to bN in turn; N in the environment variable HOSTS.
local hosts = tonumber(os.getenv("HOSTS"))
local requests = {}
local count = 0

function init()
    for i = 1, hosts do
        requests[i] = wrk.format("POST", "/stats", { ["Content-Type"] = "application/json" }, string.format(
            '{"client_id":"b%d","hostname":"b%d","cpu_cores":4,"cpu_usage_avg":[10.5,11.5,12.5,13.5],"memory_total_gb":900000,"memory_used_gb":1,'
            .. '"memory_avail_gb":899999,"disk_total_gb":100,"disk_used_gb":1,"disk_avail_gb":99}', i, i))
    end
end

function request()
    count = count % hosts + 1
    return requests[count]
end
