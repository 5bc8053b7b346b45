-- POST /route without a session: what is reserved is stored before the answer.
wrk.method = "POST"
wrk.path = "/route"
wrk.body = '{"tier":"web"}'
wrk.headers["Content-Type"] = "application/json"
