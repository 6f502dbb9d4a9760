"""What is in an image, as a CycloneDX document: Python distributions with hashes, packages of Debian.

Read from the files of the image itself, so it says what is there, not what was asked for.
Source: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/; purl, https://github.com/package-url/purl-spec.
"""

import json
import uuid
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

from arcgis_image.layout import Image

Component = dict[str, Any]


def bill(image: Image) -> Component:
    """The whole document. The same image gives the same one."""
    about = image.about
    labels = about["config"]["Labels"]
    name, version = (labels[f"org.opencontainers.image.{key}"] for key in ("title", "version"))
    subject = {
        "type": "container",
        "bom-ref": "image",
        "name": name,
        "version": version,
        "purl": f"pkg:oci/{name}@{about['digest'].replace(':', '%3A')}",
        "licenses": [{"expression": labels["org.opencontainers.image.licenses"]}],
    }
    components = [python(image.files), *distributions(image.files), *packages(image.files)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, about['digest'])}",
        "version": 1,
        "metadata": {
            "timestamp": labels["org.opencontainers.image.created"],
            "component": subject,
        },
        "components": components,
        "dependencies": [{"ref": "image", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def python(files: Path) -> Component:
    """The interpreter, which is no package of the usual base."""
    settings = (files / "opt" / "arcgis" / "pyvenv.cfg").read_text().splitlines()
    version = next(line.partition(" = ")[2] for line in settings if line.startswith("version = "))
    return {
        "type": "platform",
        "bom-ref": f"pkg:generic/python@{version}",
        "name": "python",
        "version": version,
        "purl": f"pkg:generic/python@{version}",
        "licenses": [{"license": {"id": "PSF-2.0"}}],
    }


def distributions(files: Path) -> Iterator[Component]:
    """What pip installed for the command, ordered by name."""
    environment = files / "opt" / "arcgis"
    hashes = json.loads((environment / "wheels.json").read_text())
    for path in sorted(environment.glob("lib/python*/site-packages/*.dist-info/METADATA")):
        about = Parser().parsestr(path.read_text(), headersonly=True)
        purl = f"pkg:pypi/{about['Name'].lower().replace('_', '-')}@{about['Version']}"
        found = hashes.get(about["Name"].lower())
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": about["Name"],
            "version": about["Version"],
            "purl": purl,
            "licenses": _licences(about),
            "hashes": [{"alg": "SHA-256", "content": found}] if found else [],
        }


def packages(files: Path) -> Iterator[Component]:
    """What dpkg knows to be installed, in its own order."""
    status = files / "var" / "lib" / "dpkg" / "status"
    for text in status.read_text().split("\n\n") if status.is_file() else ():
        about = Parser().parsestr(text, headersonly=True)
        if about.get("Status") == "install ok installed":
            version = about["Version"].replace("+", "%2B").replace(":", "%3A")
            purl = f"pkg:deb/debian/{about['Package']}@{version}?arch={about['Architecture']}"
            yield {
                "type": "library",
                "bom-ref": purl,
                "name": about["Package"],
                "version": about["Version"],
                "purl": purl,
            }


def _licences(about: Message) -> list[Component]:
    """The SPDX expression where there is one, else the words of the package."""
    if expression := about.get("License-Expression"):
        return [{"expression": expression}]
    classifiers = [one for one in about.get_all("Classifier", []) if one.startswith("License :: ")]
    words = [one.rpartition(" :: ")[2] for one in classifiers] or [about.get("License", "")]
    return [{"license": {"name": word.strip().partition("\n")[0]}} for word in words if word.strip()]
