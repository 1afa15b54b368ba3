"""Drives a server as hvac does, and writes what came of each step as a line of JSON: its value, or hvac's typed error."""

import json
import os

import hvac

IMAGE, DIGEST = os.environ["TEST_IMAGE"], os.environ["TEST_SHA256"]
NAME, PATH, RUNTIME, VERSION = "python-kv", "python", "python-runtime", "0.25.0"
CATALOG, RUNTIMES, PIN = (
    f"sys/plugins/catalog/secret/{NAME}",
    f"sys/plugins/runtimes/catalog/container/{RUNTIME}",
    f"sys/plugins/pins/secret/{NAME}",
)


def connect(token):
    return hvac.Client(url=os.environ["VAULT_ADDR"], token=token, verify=os.environ["TEST_CA"])


client = connect(os.environ["VAULT_TOKEN"])
kv = client.secrets.kv.v1


def step(name, work):
    said = {"step": name}
    try:
        value = work()
        if hasattr(value, "status_code"):
            value = None if value.status_code == 204 else value.status_code
        if value is not None:
            said["value"] = value
    except hvac.exceptions.VaultError as error:
        said["error"] = {"type": type(error).__name__, "errors": error.errors, "message": str(error.args[0])}
    print(json.dumps(said), flush=True)


def data(answer):
    return None if answer is None or getattr(answer, "status_code", 200) == 204 else answer["data"]


def write(path, **fields):
    answer = client.write_data(path, data=fields)
    return None if getattr(answer, "status_code", 200) == 204 else answer


def detail():
    listed = client.read("sys/plugins/catalog")["data"]
    (found,) = [each for each in listed["detailed"] if each["name"] == NAME]
    return {"named": listed["secret"], "detail": found}


def mount():
    found = client.sys.list_mounted_secrets_engines()["data"][f"{PATH}/"]
    fields = "type", "description", "plugin_version", "running_plugin_version", "running_sha256"
    return {field: found[field] for field in fields}


def tuning():
    found = client.sys.read_mount_configuration(PATH)["data"]
    return [found["default_lease_ttl"], found["max_lease_ttl"]]


def left():
    detailed = client.read("sys/plugins/catalog")["data"]["detailed"]
    mounts = client.sys.list_mounted_secrets_engines()["data"]
    return NAME if any(each["name"] == NAME for each in detailed) else f"{PATH}/" in mounts


step("health", lambda: client.sys.read_health_status().status_code)  # by the method HEAD
step("health with a body", lambda: client.sys.read_health_status(method="GET")["initialized"])
step("sealed", lambda: client.sys.is_sealed())
step("token", lambda: client.is_authenticated())

step("register runtime", lambda: write(RUNTIMES, oci_runtime=os.environ["TEST_OCI_RUNTIME"], memory_bytes=256 << 20))
step("read runtime", lambda: client.read(RUNTIMES)["data"])
step("list runtimes", lambda: [
    each for each in client.list("sys/plugins/runtimes/catalog")["data"]["runtimes"] if each["name"] == RUNTIME
][0])

step("register plugin", lambda: write(CATALOG, oci_image=IMAGE, sha256=DIGEST, version=VERSION, runtime=RUNTIME))
step("read plugin", lambda: client.adapter.get(f"/v1/{CATALOG}", params={"version": VERSION})["data"])
step("list plugins", detail)
step("list plugins by type", lambda: data(client.list("sys/plugins/catalog/secret")))

step("pin", lambda: data(write(PIN, version=VERSION)))
step("read pin", lambda: client.read(PIN)["data"])
step("list pins", lambda: client.read("sys/plugins/pins")["data"])

step("enable", lambda: client.sys.enable_secrets_engine(NAME, path=PATH, description="of hvac"))
step("read mount", mount)
step("tune", lambda: client.sys.tune_mount_configuration(PATH, default_lease_ttl="1h", max_lease_ttl="2h"))
step("read tuning", tuning)

step("write", lambda: kv.create_or_update_secret("greeting", {"word": "hello", "count": 3}, mount_point=PATH))
step("read", lambda: kv.read_secret("greeting", mount_point=PATH)["data"])
step("write below a folder", lambda: kv.create_or_update_secret("folder/with space", {"word": "ü"}, mount_point=PATH))
step("list", lambda: kv.list_secrets("", mount_point=PATH)["data"])
step("read of nothing", lambda: data(client.read(f"{PATH}/nothing")))
step("list of nothing", lambda: data(client.list(f"{PATH}/nothing")))
step("kv get", lambda: kv.read_secret("folder/with space", mount_point=PATH)["data"])
step("kv get of nothing", lambda: kv.read_secret("nothing", mount_point=PATH))

step("reload plugin", lambda: write(f"sys/plugins/reload/secret/{NAME}")["data"]["reload_id"] != "")
step("reload mounts", lambda: write("sys/plugins/reload/backend", mounts=[f"{PATH}/"])["data"]["reload_id"] != "")
step("read after reload", lambda: kv.read_secret("greeting", mount_point=PATH)["data"])

step("error: no token", lambda: connect("").sys.list_mounted_secrets_engines())
step("error: wrong token", lambda: connect("hvs.wrong").sys.list_mounted_secrets_engines())
step("wrong token", lambda: connect("hvs.wrong").is_authenticated())
step("error: narrow token", lambda: connect(os.environ["TEST_NARROW_TOKEN"]).sys.disable_secrets_engine(PATH))
step("error: unknown plugin", lambda: client.adapter.get("/v1/sys/plugins/catalog/secret/nobody"))
step("error: unknown runtime", lambda: client.adapter.get("/v1/sys/plugins/runtimes/catalog/container/nobody"))
step("error: bad digest", lambda: write("sys/plugins/catalog/secret/bad", oci_image=IMAGE, sha256="zz"))
step("error: enable of an unknown plugin", lambda: client.sys.enable_secrets_engine("nobody", path="other"))
step("error: path in use", lambda: client.sys.enable_secrets_engine(NAME, path=PATH))
step("error: runtime in use", lambda: client.delete(RUNTIMES))
step("error: pinned", lambda: client.adapter.delete(f"/v1/{CATALOG}", params={"version": VERSION}))
step("error: negative memory", lambda: write("sys/plugins/runtimes/catalog/container/neg", memory_bytes=-1))
step("error: reload of nothing", lambda: write("sys/plugins/reload/backend", mounts=["nowhere/"]))
step("error: no mount", lambda: write("nowhere/x", a="b"))
step("error: unknown lease", lambda: client.sys.renew_lease("python/greeting/nothing"))

step("delete", lambda: kv.delete_secret("greeting", mount_point=PATH))
step("read after delete", lambda: data(client.read(f"{PATH}/greeting")))
step("disable", lambda: client.sys.disable_secrets_engine(PATH))
step("unpin", lambda: data(client.delete(PIN)))
step("deregister plugin", lambda: client.adapter.delete(f"/v1/{CATALOG}", params={"version": VERSION}))
step("deregister runtime", lambda: client.delete(RUNTIMES))
step("what is left", left)
