"""How long a result says something about the patient: limits of reference windows, each with its reason.

Not law: a document may go beyond them, and is then shown with the reason.  Days are whole days.  The first row that
names an item holds for it.  Sources: biological turnover (NHC's explanation of the measures of 2022: platelets 8–12
days; domain A2), life span of the erythrocyte, half-lives of the markers, and the practice of county laboratories.
"""

from __future__ import annotations

from dataclasses import dataclass

from telemed.vocabulary import Text


@dataclass(frozen=True, slots=True)
class Limit:
    """keys: item keys or beginnings of them.  most, least: days beyond which the window is doubted; None for no end."""

    keys: tuple[str, ...]
    most: int | None
    reason: Text
    least: int | None = None

    def speaks_of(self, key: str) -> bool:
        return any(key == one or key.startswith(f"{one}.") for one in self.keys)


LIMITS: tuple[Limit, ...] = (
    Limit(
        ("lab.blood-gas", "lab.lactate", "lab.ammonia"),
        0,
        Text(
            "血气、乳酸、血氨以分钟至小时变化，任何时限都无参考价值",
            "it changes within minutes to hours: no window holds",
        ),
    ),
    Limit(
        ("lab.troponin-i", "lab.troponin-t", "lab.ck-mb", "lab.myoglobin"),
        1,
        Text("心肌损伤标志物数小时内升降，须动态观察", "markers of myocardial injury rise and fall within hours"),
    ),
    Limit(
        ("lab.procalcitonin", "lab.il-6", "lab.hcg"),
        2,
        Text("半衰期约一日，两日后已非当前状态", "it halves or doubles within one to two days"),
    ),
    Limit(
        ("lab.d-dimer", "lab.fdp", "lab.bnp", "lab.nt-probnp", "lab.amylase", "lab.lipase", "lab.urine.amylase"),
        3,
        Text("急性期指标，数日内变化", "it follows the acute illness and changes within days"),
    ),
    Limit(
        ("lab.crp", "lab.hs-crp", "lab.saa"),
        7,
        Text("急性时相蛋白随炎症在数日内升降", "an acute-phase protein follows inflammation within days"),
    ),
    Limit(
        ("lab.glucose",),
        7,
        Text(
            "血糖随进食和用药逐日变化，30 天前的血糖无参考价值",
            "glucose changes from day to day with food and treatment",
        ),
    ),
    Limit(
        ("lab.potassium", "lab.sodium", "lab.chloride", "lab.bicarbonate", "lab.co2cp"),
        7,
        Text("电解质随摄入、补液和利尿变化，一周后无参考价值", "electrolytes follow intake, infusion and diuretics"),
    ),
    Limit(
        ("lab.calcium", "lab.magnesium", "lab.phosphate", "lab.lithium"),
        14,
        Text("随肾功能、补充和用药变化", "it follows renal function, supplements and treatment"),
    ),
    Limit(
        ("lab.digoxin", "lab.valproate", "lab.carbamazepine"),
        7,
        Text("血药浓度取决于当前剂量", "a drug level speaks of the present dose only"),
    ),
    Limit(
        ("lab.platelet", "lab.plateletcrit", "lab.mpv", "lab.pdw", "lab.cbc"),
        12,
        Text("血小板更新周期为 8～12 天", "platelets are renewed within 8 to 12 days"),
    ),
    Limit(
        ("lab.wbc", "lab.neutrophil", "lab.lymphocyte", "lab.monocyte", "lab.eosinophil", "lab.basophil"),
        12,
        Text("白细胞寿命以日计，随感染变化，与血小板同取 12 天", "leucocytes live for days and follow infection"),
    ),
    Limit(
        ("lab.rbc", "lab.hemoglobin", "lab.hematocrit", "lab.mcv", "lab.mch", "lab.mchc", "lab.rdw-cv", "lab.rdw-sd"),
        30,
        Text("失血或治疗一月内即可改变红细胞指标", "bleeding or treatment alters red-cell values within a month"),
    ),
    Limit(
        ("lab.hba1c",),
        90,
        Text(
            "糖化血红蛋白反映 2～3 个月血糖：30 天内复查无意义，90 天后须复查",
            "HbA1c averages two to three months: within 30 days a repeat says nothing, after 90 it is due",
        ),
        least=30,
    ),
    Limit(
        ("lab.pt", "lab.inr", "lab.aptt", "lab.tt", "lab.fibrinogen", "lab.antithrombin"),
        14,
        Text("凝血功能随抗凝治疗和肝功能变化", "coagulation follows anticoagulants and liver function"),
    ),
    Limit(
        ("lab.urine", "lab.stool"),
        14,
        Text("尿、便常规随当前状态变化", "urine and stool speak of the present state"),
    ),
    Limit(
        ("lab.hbv-dna", "lab.hcv-rna", "lab.cea", "lab.afp", "lab.tsh", "lab.ft3", "lab.ft4"),
        180,
        Text("治疗监测须按周期复查", "treatment is followed up at intervals shorter than this"),
    ),
    Limit(
        ("lab.blood-group",),
        None,
        Text("血型终身不变", "a blood group does not change"),
    ),
    Limit(
        ("lab",),
        180,
        Text("检验结果超过半年一般无参考价值", "after half a year a laboratory result has no value of reference"),
    ),
    Limit(
        ("us",),
        90,
        Text("超声依赖操作者和当时状态", "ultrasound depends on the operator and the state at that time"),
    ),
    Limit(
        ("ecg",),
        30,
        Text("心电图随病情即时变化", "an electrocardiogram changes with the illness at once"),
    ),
    Limit(
        ("dx", "ct", "mr", "mg", "nm", "rf"),
        180,
        Text("影像超过半年一般须结合病情复查", "after half a year an image is compared, not relied on"),
    ),
)


def limit_of(key: str) -> Limit | None:
    return next((limit for limit in LIMITS if limit.speaks_of(key)), None)


#: Markers of infection that are looked at anew before an operation or a transfusion (Ganzhou's line; domain A2).
BEFORE_OPERATIONS = ("lab.hbsag", "lab.hcv-ab", "lab.hiv-ab", "lab.tp-ab")
