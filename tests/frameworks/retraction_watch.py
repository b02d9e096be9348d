"""The file of Retraction Watch, as small as a test needs it."""

import csv
import io

#: The first line of the published file, with the comma at its end.
HEADER = next(
    csv.reader(
        [
            "Record ID,Title,Subject,Institution,Journal,Publisher,Country,Author,URLS,ArticleType,RetractionDate,"
            "RetractionDOI,RetractionPubMedID,OriginalPaperDate,OriginalPaperDOI,OriginalPaperPubMedID,"
            "RetractionNature,Reason,Paywalled,Notes,"
        ]
    )
)


def row(**cells) -> list[str]:
    """A row about somebody else's work, unless told otherwise: `row(OriginalPaperDOI="10.1234/lee.2020")`."""
    filled = {
        "Record ID": "50438",
        "Title": "A study, with a comma",
        "Reason": "+Concerns/Issues About Data;",
        "RetractionDate": "4/24/2024 0:00",
        "RetractionDOI": "10.1155/2023/9804945",
        "RetractionPubMedID": "0",
        "OriginalPaperDOI": "10.1155/2021/6907871",
        "OriginalPaperPubMedID": "0",
        "RetractionNature": "Retraction",
        "Paywalled": "No",
        **{name.replace("Record_ID", "Record ID"): value for name, value in cells.items()},
    }
    assert filled.keys() <= set(HEADER)
    return [filled.get(name, "") for name in HEADER]


def as_text(*rows, header=HEADER) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue()
