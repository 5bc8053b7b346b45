namespace Opsen.Gateway.Tests.Hosting;

/// <summary>Bodies as agents and callers send them.</summary>
internal static class Bodies
{
    public const string Register = """
        {
          "client_id": "host-1", "hostname": "backend-1", "public_ip": "203.0.113.7", "local_ip": "10.0.0.7",
          "latitude": 52.52, "longitude": 13.405, "country": "DE", "city": "Berlin",
          "total_cpu": 8, "total_memory_gb": 32, "total_storage_gb": 500, "total_gpus": 1, "gpu_models": ["L4"],
          "endpoint_url": "http://10.0.0.7:9000/", "endpoints": [{ "url": "http://10.0.0.7:9001", "paths": ["/api", "*"] }]
        }
        """;

    public const string Stats = """
        {
          "client_id": "host-1", "hostname": "backend-1", "timestamp": "2026-01-31T12:00:00Z",
          "cpu_cores": 2, "cpu_usage_avg": [12.5, 80],
          "memory_total_gb": 32, "memory_used_gb": 12, "memory_avail_gb": 20,
          "disk_total_gb": 500, "disk_used_gb": 100, "disk_avail_gb": 400,
          "gpus": [{ "device_id": 0, "name": "L4", "utilization_pct": 45, "memory_used_gb": 4, "memory_total_gb": 24, "temperature_c": 61, "power_draw_w": 72 }]
        }
        """;

    public const string Route = """{ "tier": "lite", "client_ip": "203.0.113.45", "client_lat": 40.7128, "client_lon": -74.006 }""";

    /// <summary>What the reference's agent marshals when it knows neither its place nor its public address; every field is always there.</summary>
    public const string ReferenceRegister = """
        {"client_id":"6f1c9f3e-0000-4000-8000-000000000001","hostname":"node-a","public_ip":"unknown","local_ip":"10.1.2.3","latitude":0,"longitude":0,"country":"unknown","city":"unknown","total_cpu":4,"total_memory_gb":15.624996185302734,"total_storage_gb":98.30444717407227,"endpoints":[{"url":"http://10.1.2.3:8000","paths":null}]}
        """;

    /// <summary>A report of the same agent, which sends its place with it and Go's time format.</summary>
    public const string ReferenceStats = """
        {"client_id":"6f1c9f3e-0000-4000-8000-000000000001","hostname":"node-a","timestamp":"2026-01-31T13:37:00.123456789+01:00","cpu_cores":4,"cpu_usage_avg":[3.0303030303030303,100.00000000000001,0,17.5],"memory_total_gb":15.624996185302734,"memory_used_gb":3.1,"memory_avail_gb":12.524996185302734,"disk_total_gb":98.30444717407227,"disk_used_gb":40.1,"disk_avail_gb":58.20444717407227,"gpus":[{"device_id":0,"name":"NVIDIA L4","utilization_pct":0,"memory_used_gb":0.5,"memory_total_gb":22.5,"temperature_c":40}],"public_ip":"","latitude":0,"longitude":0,"country":"","city":""}
        """;
}
