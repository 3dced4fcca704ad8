"""The units a quantity may be reported in, the county's own first: written down a second time, a unit list a line."""

from __future__ import annotations

import pytest

from telemed.recognition.units import UNITS, convertible, is_apart

#: The units of a list, then the analytes that have it.
LISTS = """
% : antithrombin basophil.percent eosinophil.percent lymphocyte.percent monocyte.percent neutrophil.percent pdw
    pt.activity rdw-cv reticulocyte.percent
% L/L : hematocrit plateletcrit
% mmol/mol : hba1c
/uL /[HPF] : urine.rbc urine.wbc
1 : ag-ratio urine.specific-gravity
1 % : psa.ratio
10*12/L 10*6/uL : rbc
10*9/L 10*3/uL : basophil.count eosinophil.count lymphocyte.count monocyte.count neutrophil.count platelet wbc
[IU]/L : trab
[IU]/mL : ige.total
[IU]/mL k[IU]/L : aso rf tg-ab tpo-ab
[IU]/mL {S/CO} ng/mL : hbsag
[IU]/mL {copies}/mL : hbv-dna hcv-rna
[pH] 1 : blood-gas.ph urine.ph
fL : mcv mpv rdw-sd
g/(24.h) mg/(24.h) : urine.protein-24h
g/L g/dL : albumin globulin hemoglobin mchc total-protein
g/L mg/dL : apo-a1 apo-b complement-c3 complement-c4 fibrinogen iga igg igm
m[IU]/L u[IU]/mL : tsh
m[IU]/mL [IU]/L : fsh hcg lh
m[IU]/mL {S/CO} : hbsab
mg/g mg/mmol : urine.acr
mg/L mg/dL : b2-microglobulin crp cystatin-c hs-crp prealbumin rbp saa urine.microalbumin
mg/L nmol/L mg/dL : lipoprotein-a
mg/L ug/mL : fdp
mg/L{FEU} ug/mL{FEU} : d-dimer
mL/min/{1.73_m2} : egfr
mm/h : esr
mm[Hg] kPa : blood-gas.pco2 blood-gas.po2
mmol/L : blood-gas.base-excess co2cp urea
mmol/L meq/L : bicarbonate blood-gas.bicarbonate chloride lithium potassium sodium
mmol/L mg/dL : blood-gas.lactate calcium cholesterol.hdl cholesterol.ldl cholesterol.total glucose.2h glucose.fasting
    glucose.ogtt-1h glucose.random lactate magnesium phosphate triglyceride
mmol/L umol/L : beta-hydroxybutyrate fructosamine
ng/mL nmol/L : c-peptide.fasting vitamin-d
ng/mL nmol/L ug/L : digoxin folate
ng/mL u[IU]/mL : prolactin
ng/mL ug/L : cea cyfra21-1 ferritin nse procalcitonin progesterone psa.free psa.total scca testosterone thyroglobulin
ng/mL ug/L [IU]/mL : afp
ng/mL ug/L ng/L : ck-mb.mass myoglobin troponin-i troponin-t
nmol/L ng/mL ug/dL : t3 t4
nmol/L ug/dL : cortisol
pg : mch
pg/mL ng/L : bnp il-6 nt-probnp progrp
pg/mL pmol/L : estradiol pth
pg/mL pmol/L ng/L : vitamin-b12
pmol/L : he4
pmol/L ng/dL pg/mL : ft3 ft4
s : aptt pt tt
U/L : 5nt ada alp alt amylase ast che ck ck-mb.activity ggt hbdh ldh lipase urine.amylase
U/mL : ccp-ab
U/mL k[IU]/L : ca125 ca15-3 ca19-9 ca72-4
u[IU]/mL m[IU]/L pmol/L : insulin.fasting
ug/mL mg/L umol/L : carbamazepine valproate
umol/L : bile-acid homocysteine
umol/L mg/dL : bilirubin.direct bilirubin.indirect bilirubin.total creatinine uric-acid
umol/L ug/dL : ammonia copper iron tibc zinc
{INR} 1 : inr
{S/CO} : hav-igm hcv-ab hev-igm hiv-ab tp-ab
{S/CO} U/mL{PEI} : hbcab hbeab hbeag
"""

#: None of whose units is ever converted into another.
APART = """
afp hba1c hbcab hbeab hbeag hbsab hbsag hbv-dna hcv-rna insulin.fasting lipoprotein-a prolactin urine.rbc urine.wbc
"""


def written() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in LISTS.replace("\n    ", " ").strip().splitlines():
        units, _, analytes = line.partition(" :")
        found |= {f"lab.{one}": tuple(units.split()) for one in analytes.split()}
    return found


def test_every_analyte_has_its_units_and_no_other():
    assert dict(UNITS) == written()


def test_what_kits_and_particles_make_differ_is_never_converted():
    assert {one for one in UNITS if is_apart(one)} == {f"lab.{one}" for one in APART.split()}


@pytest.mark.parametrize(
    ("key", "unit", "others"),
    [
        ("lab.glucose.fasting", "mmol/L", {"mg/dL"}),
        ("lab.glucose.fasting", "mg/dL", {"mmol/L"}),
        ("lab.folate", "ng/mL", {"nmol/L", "ug/L"}),
        ("lab.mch", "pg", set()),
        ("lab.hba1c", "%", set()),
        ("lab.unheard-of", "mmol/L", set()),
    ],
)
def test_a_unit_converts_to_the_others_of_its_list_or_to_none(key, unit, others):
    assert convertible(key, unit) == others
