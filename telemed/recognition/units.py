"""The UCUM units in which a quantity may be reported, one closed list an analyte.  Pure.

The first unit of a list is the one county laboratories print.  An analyte that is not here is reported in words.
Units: UCUM (case sensitive).  INR and S/CO are ratios and carry an annotation, as UCUM does for what has no unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: units → the analytes they are the closed list of.
_LISTS: tuple[tuple[tuple[str, ...], str], ...] = (
    # 血细胞分析
    (("10*9/L", "10*3/uL"), "lab.wbc lab.platelet lab.neutrophil.count lab.lymphocyte.count lab.monocyte.count"),
    (("10*9/L", "10*3/uL"), "lab.eosinophil.count lab.basophil.count"),
    (("10*12/L", "10*6/uL"), "lab.rbc"),
    (("g/L", "g/dL"), "lab.hemoglobin lab.mchc"),
    (("%", "L/L"), "lab.hematocrit lab.plateletcrit"),
    (("%",), "lab.neutrophil.percent lab.lymphocyte.percent lab.monocyte.percent lab.eosinophil.percent"),
    (("%",), "lab.basophil.percent lab.rdw-cv lab.reticulocyte.percent lab.pdw"),
    (("fL",), "lab.mcv lab.mpv lab.rdw-sd"),
    (("pg",), "lab.mch"),
    (("mm/h",), "lab.esr"),
    # 尿液、粪便
    (("[pH]", "1"), "lab.urine.ph lab.blood-gas.ph"),
    (("1",), "lab.urine.specific-gravity"),
    (("/uL", "/[HPF]"), "lab.urine.rbc lab.urine.wbc"),
    (("g/(24.h)", "mg/(24.h)"), "lab.urine.protein-24h"),
    (("mg/L", "mg/dL"), "lab.urine.microalbumin"),
    (("mg/g", "mg/mmol"), "lab.urine.acr"),
    # 电解质、血气
    (
        ("mmol/L", "meq/L"),
        "lab.potassium lab.sodium lab.chloride lab.bicarbonate lab.lithium lab.blood-gas.bicarbonate",
    ),
    (("mmol/L", "mg/dL"), "lab.calcium lab.magnesium lab.phosphate"),
    (("mm[Hg]", "kPa"), "lab.blood-gas.po2 lab.blood-gas.pco2"),
    (("mmol/L",), "lab.blood-gas.base-excess lab.co2cp"),
    (("mmol/L", "mg/dL"), "lab.lactate lab.blood-gas.lactate"),
    # 肝功能
    (("U/L",), "lab.alt lab.ast lab.alp lab.ggt lab.che lab.ldh lab.5nt lab.ada lab.ck lab.ck-mb.activity lab.hbdh"),
    (("U/L",), "lab.amylase lab.lipase lab.urine.amylase"),
    (("g/L", "g/dL"), "lab.total-protein lab.albumin lab.globulin"),
    (("mg/L", "mg/dL"), "lab.prealbumin lab.cystatin-c lab.b2-microglobulin lab.rbp"),
    (("umol/L", "mg/dL"), "lab.bilirubin.total lab.bilirubin.direct lab.bilirubin.indirect"),
    (("umol/L",), "lab.bile-acid lab.homocysteine"),
    (("umol/L", "ug/dL"), "lab.ammonia lab.iron lab.tibc lab.zinc lab.copper"),
    (("1",), "lab.ag-ratio"),
    # 肾功能、血糖
    (("mmol/L",), "lab.urea"),
    (("umol/L", "mg/dL"), "lab.creatinine lab.uric-acid"),
    (("mL/min/{1.73_m2}",), "lab.egfr"),
    (("mmol/L", "mg/dL"), "lab.glucose.fasting lab.glucose.random lab.glucose.2h lab.glucose.ogtt-1h"),
    (("%", "mmol/mol"), "lab.hba1c"),
    (("mmol/L", "umol/L"), "lab.fructosamine lab.beta-hydroxybutyrate"),
    (("u[IU]/mL", "m[IU]/L", "pmol/L"), "lab.insulin.fasting"),
    (("ng/mL", "nmol/L"), "lab.c-peptide.fasting"),
    # 血脂
    (("mmol/L", "mg/dL"), "lab.cholesterol.total lab.triglyceride lab.cholesterol.hdl lab.cholesterol.ldl"),
    (("g/L", "mg/dL"), "lab.apo-a1 lab.apo-b"),
    (("mg/L", "nmol/L", "mg/dL"), "lab.lipoprotein-a"),
    # 凝血
    (("s",), "lab.pt lab.aptt lab.tt"),
    (("%",), "lab.pt.activity lab.antithrombin"),
    (("{INR}", "1"), "lab.inr"),
    (("g/L", "mg/dL"), "lab.fibrinogen"),
    (("mg/L{FEU}", "ug/mL{FEU}"), "lab.d-dimer"),
    (("mg/L", "ug/mL"), "lab.fdp"),
    # 甲状腺与性激素
    (("m[IU]/L", "u[IU]/mL"), "lab.tsh"),
    (("pmol/L", "ng/dL", "pg/mL"), "lab.ft3 lab.ft4"),
    (("nmol/L", "ng/mL", "ug/dL"), "lab.t3 lab.t4"),
    (("[IU]/mL", "k[IU]/L"), "lab.tpo-ab lab.tg-ab"),
    (("[IU]/L",), "lab.trab"),
    (("ng/mL", "ug/L"), "lab.thyroglobulin lab.progesterone lab.testosterone lab.ferritin lab.psa.total lab.psa.free"),
    (("m[IU]/mL", "[IU]/L"), "lab.fsh lab.lh lab.hcg"),
    (("pg/mL", "pmol/L"), "lab.estradiol lab.pth"),
    (("ng/mL", "u[IU]/mL"), "lab.prolactin"),
    (("nmol/L", "ug/dL"), "lab.cortisol"),
    # 感染标志物与炎症
    (("[IU]/mL", "{S/CO}", "ng/mL"), "lab.hbsag"),
    (("m[IU]/mL", "{S/CO}"), "lab.hbsab"),
    (("{S/CO}", "U/mL{PEI}"), "lab.hbeag lab.hbeab lab.hbcab"),
    (("{S/CO}",), "lab.hcv-ab lab.hiv-ab lab.tp-ab lab.hav-igm lab.hev-igm"),
    (("[IU]/mL", "{copies}/mL"), "lab.hbv-dna lab.hcv-rna"),
    (("mg/L", "mg/dL"), "lab.crp lab.hs-crp lab.saa"),
    (("ng/mL", "ug/L"), "lab.procalcitonin"),
    (("pg/mL", "ng/L"), "lab.il-6"),
    (("[IU]/mL", "k[IU]/L"), "lab.aso lab.rf"),
    # 肿瘤标志物
    (("ng/mL", "ug/L", "[IU]/mL"), "lab.afp"),
    (("ng/mL", "ug/L"), "lab.cea lab.cyfra21-1 lab.nse lab.scca"),
    (("U/mL", "k[IU]/L"), "lab.ca125 lab.ca19-9 lab.ca15-3 lab.ca72-4"),
    (("pg/mL", "ng/L"), "lab.progrp"),
    (("pmol/L",), "lab.he4"),
    (("1", "%"), "lab.psa.ratio"),
    # 心肌标志物
    (("ng/mL", "ug/L", "ng/L"), "lab.troponin-i lab.troponin-t lab.ck-mb.mass lab.myoglobin"),
    (("pg/mL", "ng/L"), "lab.bnp lab.nt-probnp"),
    # 其他
    (("g/L", "mg/dL"), "lab.igg lab.iga lab.igm lab.complement-c3 lab.complement-c4"),
    (("ng/mL", "nmol/L"), "lab.vitamin-d"),
    (("ng/mL", "nmol/L", "ug/L"), "lab.folate"),
    (("pg/mL", "pmol/L", "ng/L"), "lab.vitamin-b12"),
    (("ug/mL", "mg/L", "umol/L"), "lab.valproate lab.carbamazepine"),
    (("ng/mL", "nmol/L", "ug/L"), "lab.digoxin"),
    (("[IU]/mL",), "lab.ige.total"),
    (("U/mL",), "lab.ccp-ab"),
)

#: Analytes whose units do not convert into each other for certain: kits differ (copies, S/CO, international units),
#: particles vary in mass (Lp(a)), a field of view is no volume, or the equation is an agreement (HbA1c, NGSP and IFCC).
_APART = frozenset({
    "lab.hbsag", "lab.hbsab", "lab.hbeag", "lab.hbeab", "lab.hbcab", "lab.hbv-dna", "lab.hcv-rna", "lab.afp",
    "lab.prolactin", "lab.insulin.fasting", "lab.lipoprotein-a", "lab.urine.rbc", "lab.urine.wbc", "lab.hba1c",
})  # fmt: skip


def _by_analyte() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for units, keys in _LISTS:
        for key in keys.split():
            if key in found:
                raise ValueError(f"{key} has two lists of units")
            found[key] = units
    return MappingProxyType(found)


UNITS: Mapping[str, tuple[str, ...]] = _by_analyte()


def is_apart(key: str) -> bool:
    """Whether no unit of the analyte is ever converted, even where UCUM alone would: 54 mmol/mol is not 5.4 %."""
    return key in _APART


def convertible(key: str, unit: str) -> frozenset[str]:
    """The units of the analyte's list that convert to this one with certainty; none where kits or particles differ."""
    return frozenset() if is_apart(key) else frozenset(UNITS.get(key, ())) - {unit}
