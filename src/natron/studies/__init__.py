"""The source documents as claims that natron recomputes and as studies it reproduces."""

from natron.studies.audit import Finding, audit
from natron.studies.claims import Claim, ClaimsFile, built_in_claims, claims_texts, parse_claims

__all__ = ["Claim", "ClaimsFile", "Finding", "audit", "built_in_claims", "claims_texts", "parse_claims"]
