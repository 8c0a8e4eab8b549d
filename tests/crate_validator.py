"""The validator of RO-Crates without a network: it reads from its cache what it would fetch.

It fetches one file, the terms of RO-Crate 1.1. The wheel of `rocrate` has those of 1.3, in which
the terms of schema.org are the same; those of Bioschemas differ and are given as of 1.1
(https://w3id.org/ro/crate/1.1/context, CC0).
"""

import io
import json
from importlib.resources import files
from pathlib import Path

from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.services import validate
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
OF_1_1 = {
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": "https://bioschemas.org/ComputationalWorkflow#input",
    "output": "https://bioschemas.org/ComputationalWorkflow#output",
}


def terms() -> dict[str, str]:
    """Terms of RO-Crate 1.1 with their meaning; `sha256` is none of them."""
    text = files("rocrate").joinpath("data/ro-crate.jsonld").read_text(encoding="utf-8")
    known = json.loads(text)["@context"] | OF_1_1
    return {term: meaning for term, meaning in known.items() if term != "sha256"}


class _Held(HTTPAdapter):
    """Answers from memory."""

    def send(self, request, **options):
        text = json.dumps({"@context": terms()}).encode()
        raw = HTTPResponse(
            io.BytesIO(text), {"Content-Type": "application/ld+json"}, 200,
            preload_content=False, request_url=request.url,
        )  # fmt: skip
        return self.build_response(request, raw)


def issues(crate: Path, profile: str, cache: Path, recommended: bool = False) -> list[str]:
    """What the validator finds, as ``check: message``, sorted."""
    path = cache / "http_cache"
    with CachedSession(str(path), backend="sqlite", expire_after=-1) as session:
        session.mount("https://", _Held())
        assert session.get(CONTEXT).status_code == 200
    settings = ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier=profile,
        requirement_severity=Severity.RECOMMENDED if recommended else Severity.REQUIRED,
        offline=True,
        cache_path=path,
    )
    found = validate(settings).get_issues()
    return sorted({f"{issue.check.identifier}: {issue.message}" for issue in found})
