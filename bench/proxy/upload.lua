-- For wrk: each request brings 1 MB.
wrk.method = "POST"
wrk.body = string.rep("upload ", 149797):sub(1, 1024 * 1024)
