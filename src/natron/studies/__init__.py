"""The source documents as claims that natron recomputes and as studies it reproduces."""

from natron.studies.audit import audit
from natron.studies.claims import Claim, ClaimsFile, built_in_claims, claims_texts, parse_claims
from natron.studies.findings import Finding, finding_json
from natron.studies.page import reproduction_page
from natron.studies.reproduction import STUDIES, Reproduction, audit_document, reproduce
from natron.studies.round_trip import RoundTrip, round_trips
from natron.studies.sections import Section

__all__ = [
    "STUDIES",
    "Claim",
    "ClaimsFile",
    "Finding",
    "Reproduction",
    "RoundTrip",
    "Section",
    "audit",
    "audit_document",
    "built_in_claims",
    "claims_texts",
    "finding_json",
    "parse_claims",
    "reproduce",
    "reproduction_page",
    "round_trips",
]
