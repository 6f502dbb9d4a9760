"""Settings that would like to be another field of the form, another document or another request."""

from malicious_specs import CARRIED, INVALID, Malice, service

_VALUES: dict[str, str] = {
    "a token": "&token=stolen",
    "another format": "x&f=html",
    "a synchronous edit": "x&async=false",
    "a second document": '&service={"serviceName":"Other"}',
    "the end of the document": '"}&async=false&x={"a":"',
    "the end of a text": '","capabilities":"","x":"',
    "a closing brace": "}",
    "a document inside a text": '{"properties":{"maxRecordCount":"1"}}',
    "escaped separators": "%26token%3Dstolen",
    "escaped separators, twice": "%2526token%253Dstolen",
    "a semicolon as a separator": "x;token=stolen",
    "pluses": "a+b+c",
    "a line end and a header": "x\r\nAuthorization: Bearer stolen\r\n\r\n",
    "a second request": "x\r\n\r\nPOST /arcgis/admin/services/Other.MapServer/delete HTTP/1.1\r\n\r\n",
    "a chunk": "0\r\n\r\n",
    "a multipart border": '--b\r\nContent-Disposition: form-data; name="token"\r\n\r\nx\r\n--b--',
    "a nothing": "a\x00b",
    "an escape of JSON": "\\u0022,\\u0022x\\u0022:1",
    "a comment": "*/ /*",
    "a template": "${jndi:ldap://127.0.0.1:{trap}/a}",
    "another template": "#{7*7} {{7*7}} <%= 7*7 %>",
    "a query for a database": "'; DROP TABLE services; --",
    "an entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "https://127.0.0.1:{trap}/e">]>&e;',
    "a picture": '<img src="https://127.0.0.1:{trap}/x" onerror="fetch(1)">',
    "a share of a file server": "\\\\127.0.0.1@{trap}\\share",
    "a formula": '=WEBSERVICE("https://127.0.0.1:{trap}/")',
    "half a pair as text": "\\ud800",
    "words from right to left": "\u202etxt.exe\u202c",
}
_KEYS: dict[str, str] = {
    "a second field": "x&f",
    "an assignment": "x=y&token",
    "a path": "a.b.c",
    "a path with brackets": "a[0]",
    "a pointer": "/properties/x",
    "a prototype": "__proto__",
    "a constructor": "constructor",
    "a type of Java": "@class",
    "a type of .NET": "$type",
    "a reference": "$ref",
    "a line end": "a\r\nX-Evil: 1",
    "a quote": 'a":1,"b',
    "a nothing": "a\x00",
    "nothing": "",
    "a space": " ",
    "a name of the form": "async",
    "a name of the document": "serviceName",
}
_REFUSED: dict[str, object] = {
    "another name": {"serviceName": "Other"},
    "another type": {"type": "GPServer"},
    "another folder": {"folderName": "System"},
    "another id": {"id": "0"},
    "another provider": {"provider": "SDS"},
    "another deployment": {"deploymentId": "x"},
    "a stopped service": {"configuredState": "STOPPED"},
    "a field of the form": {"async": "false"},
    "a token": {"token": "stolen"},
    "a field of another case": {"Description": "x"},
    "a file of the site": {"properties": {"filePath": "/etc/passwd"}},
    "a folder of the site": {"properties": {"outputDir": "\\\\127.0.0.1\\share"}},
    "a cache of the site": {"properties": {"virtualCacheDir": "https://127.0.0.1/"}},
    "a file behind an extension": {
        "extensions": [{"typeName": "WMSServer", "properties": {"path": "/etc/passwd"}}]
    },
    "a data source of the site": {"jsonProperties": {"adminServiceInfo": {"status": "Stopped"}}},
    "an extension that is a path": {"extensions": [{"typeName": "../WMSServer", "enabled": True}]},
    "an extension with a second field": {"extensions": [{"typeName": "WMSServer&f=html", "enabled": True}]},
    "an extension twice": {"extensions": [{"typeName": "WMSServer"}, {"typeName": "WMSServer"}]},
    "an object of an extension": {"extensions": [{"typeName": "WMSServer", "object": {}}]},
    "a capability with a comma": {"capabilities": ["Map,Data"]},
    "a capability with a second field": {"capabilities": ["Map&token=x"]},
    "a capability with a line end": {"capabilities": ["Map\nData"]},
    "a type of file with a comma": {"allowedUploadFileTypes": ["zip,exe"]},
    "a type of file with a space": {"allowedUploadFileTypes": ["zip exe"]},
    "a word outside its list": {"isolationLevel": "HIGH&f=html"},
    "a time with a line end": {"recycleStartTime": "02:30\n"},
}


def _both(what: str, where: str, settings: object, outcome: str) -> Malice:
    return service(f"{where}: {what}", outcome, settings=settings)


SETTINGS: tuple[Malice, ...] = (
    *(_both(what, "description", {"description": text}, CARRIED) for what, text in _VALUES.items()),
    *(_both(what, "property", {"properties": {"evil": text}}, CARRIED) for what, text in _VALUES.items()),
    *(_both(what, "key", {"properties": {key: "evil"}}, CARRIED) for what, key in _KEYS.items()),
    *(
        _both(what, "framework", {"frameworkProperties": {key: "evil"}}, CARRIED)
        for what, key in _KEYS.items()
    ),
    *(_both(what, "settings", settings, "refused") for what, settings in _REFUSED.items()),
    _both("a file of the site, another case", "key", {"frameworkProperties": {"FILE_PATH": "/etc"}}, INVALID),
)
