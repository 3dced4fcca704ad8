"""Which organ systems a result speaks of: items of the catalogues by key, pictures by region. A closed table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from telemed.vocabulary import Text

#: In the order a page lists them.
SYSTEMS: Mapping[str, Text] = MappingProxyType({
    "respiratory": Text("呼吸", "Respiratory"),
    "cardiovascular": Text("心血管", "Cardiovascular"),
    "digestive": Text("肝胆胰与消化", "Liver and digestive"),
    "renal": Text("肾脏与泌尿", "Kidney and urinary"),
    "endocrine": Text("代谢与内分泌", "Metabolic and endocrine"),
    "electrolyte": Text("电解质与酸碱", "Electrolytes and acid-base"),
    "blood": Text("血液与凝血", "Blood and coagulation"),
    "infection": Text("感染与免疫", "Infection and immunity"),
    "nervous": Text("颅脑与五官", "Head and senses"),
    "skeletal": Text("骨、关节与脊柱", "Bones, joints and spine"),
    "reproductive": Text("生殖与乳腺", "Reproductive and breast"),
    "tumour": Text("肿瘤标志物", "Tumour markers"),
    "other": Text("其他", "Other"),
})  # fmt: skip
OTHER = ("other",)

#: system → keys of analytes, without the `lab.` they all begin with.
_ANALYTES: Mapping[str, str] = {
    "cardiovascular": "ck ck-mb.activity ck-mb.mass ldh hbdh troponin-i troponin-t myoglobin bnp nt-probnp homocysteine"
    " d-dimer digoxin",
    "digestive": "alt ast alp ggt che 5nt total-protein albumin globulin ag-ratio prealbumin bilirubin.total"
    " bilirubin.direct bilirubin.indirect bile-acid ammonia amylase lipase urine.amylase urine.bilirubin"
    " urine.urobilinogen stool.microscopy stool.occult-blood stool.rotavirus hp-ab afp",
    "renal": "urea creatinine uric-acid cystatin-c b2-microglobulin rbp egfr urine.acr urine.microalbumin"
    " urine.protein-24h urine.protein urine.ph urine.specific-gravity urine.rbc urine.wbc urine.blood"
    " urine.leukocyte-esterase urine.nitrite",
    "endocrine": "glucose.fasting glucose.random glucose.2h glucose.ogtt-1h hba1c fructosamine beta-hydroxybutyrate"
    " insulin.fasting c-peptide.fasting cholesterol.total triglyceride cholesterol.hdl cholesterol.ldl apo-a1 apo-b"
    " lipoprotein-a tsh ft3 ft4 t3 t4 tpo-ab tg-ab trab thyroglobulin cortisol pth vitamin-d urine.glucose"
    " urine.ketone",
    "electrolyte": "potassium sodium chloride bicarbonate calcium magnesium phosphate co2cp lithium lactate"
    " blood-gas.ph blood-gas.po2 blood-gas.pco2 blood-gas.bicarbonate blood-gas.base-excess blood-gas.lactate zinc"
    " copper",
    "respiratory": "blood-gas.po2 blood-gas.pco2 ada",
    "blood": "wbc rbc hemoglobin hematocrit mcv mch mchc rdw-cv rdw-sd platelet plateletcrit mpv pdw neutrophil.count"
    " neutrophil.percent lymphocyte.count lymphocyte.percent monocyte.count monocyte.percent eosinophil.count"
    " eosinophil.percent basophil.count basophil.percent reticulocyte.percent pt pt.activity inr aptt tt fibrinogen"
    " fdp d-dimer antithrombin iron tibc ferritin folate vitamin-b12 blood-group.abo blood-group.rh",
    "infection": "crp hs-crp saa procalcitonin il-6 esr hbsag hbsab hbeag hbeab hbcab hbv-dna hcv-ab hcv-rna hiv-ab"
    " tp-ab hav-igm hev-igm aso rf ccp-ab ana igg iga igm ige.total complement-c3 complement-c4",
    "reproductive": "fsh lh estradiol progesterone testosterone prolactin hcg urine.hcg hpv-typing",
    "tumour": "afp cea ca125 ca19-9 ca15-3 ca72-4 cyfra21-1 nse scca progrp he4 psa.total psa.free psa.ratio",
}
#: DICOM body part, as telemed/imaging/body.py names regions → systems.
_REGIONS: Mapping[str, str] = {
    "cardiovascular": "CHEST HEART",
    "respiratory": "CHEST",
    "digestive": "ABDOMEN",
    "renal": "ABDOMEN",
    "endocrine": "NECK",
    "nervous": "HEAD EYE EAR SINUS",
    "reproductive": "PELVIS BREAST",
    "skeletal": "SSPINE LSPINE TSPINE CSPINE CLAVICLE SHOULDER HUMERUS ELBOW FOREARM WRIST HAND HIP FEMUR KNEE TIBFIB"
    " ANKLE FOOT RIB PELVIS",
}


def _turned(table: Mapping[str, str], prefix: str = "") -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for system in SYSTEMS:
        for one in table.get(system, "").split():
            found[prefix + one] = (*found.get(prefix + one, ()), system)
    return MappingProxyType(found)


ANALYTES = _turned(_ANALYTES, "lab.")
REGIONS = _turned(_REGIONS)


def of_analyte(key: str | None) -> tuple[str, ...]:
    """The systems of a laboratory item; what no table knows is `other`, so that it is never left out."""
    return ANALYTES.get(key or "", OTHER)


def of_study(regions: frozenset[str], modalities: frozenset[str]) -> tuple[str, ...]:
    """The systems of a study by the regions it names; a trace of the heart needs no region."""
    found = {system for region in regions for system in REGIONS.get(region, ())}
    if "ECG" in modalities:
        found.add("cardiovascular")
    return tuple(system for system in SYSTEMS if system in found) or OTHER
