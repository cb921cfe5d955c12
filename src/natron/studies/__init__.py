"""The source documents as claims that natron recomputes and as studies it reproduces."""

from natron.studies.audit import audit
from natron.studies.claims import Claim, ClaimsFile, built_in_claims, claims_texts, parse_claims
from natron.studies.collected import Collected, forget, reproduce_all
from natron.studies.contact_studies import constriction_study
from natron.studies.findings import Finding, finding_json
from natron.studies.own_study import is_own_study, new_study, reproduce_own
from natron.studies.page import reproduction_page, sections_page
from natron.studies.reproduction import STUDIES, Reproduction, audit_document, reproduce
from natron.studies.round_trip import RoundTrip, round_trips
from natron.studies.sections import Section, sections_json
from natron.studies.tally import Tally, markdown, tally

__all__ = [
    "STUDIES",
    "Claim",
    "ClaimsFile",
    "Collected",
    "Finding",
    "Reproduction",
    "RoundTrip",
    "Section",
    "Tally",
    "audit",
    "audit_document",
    "built_in_claims",
    "claims_texts",
    "constriction_study",
    "finding_json",
    "forget",
    "is_own_study",
    "markdown",
    "new_study",
    "parse_claims",
    "reproduce",
    "reproduce_all",
    "reproduce_own",
    "reproduction_page",
    "round_trips",
    "sections_json",
    "sections_page",
    "tally",
]
