"""Archives made to harm, for the import of flows: prints a JSON object of names and archives in base64, each below 700 kB."""

import base64
import io
import json
import stat
import zipfile

FLOW = b'{"name":"x","nodes":[{"id":"a","type":"on_call"}]}'


def packed(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def link(target):
    info = zipfile.ZipInfo("state")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed([(info, target)])


def laughs():
    lines = ["a0: &a0 [" + ", ".join(["lol"] * 9) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 20)]
    return "\n".join(lines).encode()


def lying(archive):
    at = archive.rindex(b"PK\x01\x02")
    return archive[:at + 24] + (10).to_bytes(4, "little") + archive[at + 28:]


bomb = packed([("state", b" " * (256 << 20))])
archives = {
    "bomb": bomb,
    "lying": lying(bomb),
    "nested": packed([("state", packed([("state", bomb)]))]),
    "entries": packed([(f"f{n}.json", FLOW) for n in range(5_000)]),
    "laughs": packed([("a.yaml", laughs())]),
    "text": packed([("a.yaml", b"a: &a " + b"x" * 500_000 + b"\nb: [" + b", ".join([b"*a"] * 50_000) + b"]")]),
    "deep": packed([("state", b"[" * 500_000 + b"]" * 500_000)]),
    "entity": packed([("state", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')]),
    "utf16": packed([("state", FLOW.decode().encode("utf-16"))]),
    "link": link("/etc/passwd"),
    "elsewhere": packed([("../../../../../../tmp/flexio-evil.json", b"evil"), ("/tmp/flexio-evil.json", b"evil")]),
    "cut": packed([("state", FLOW)])[:-9],
    "empty": b"",
}
print(json.dumps({name: base64.b64encode(content).decode() for name, content in archives.items()}))
