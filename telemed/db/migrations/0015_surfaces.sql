-- Further places where a result is shown, and the undoing of an answer (撤销互认).

alter table recognition_exposure drop constraint exposure_surface_is_known;
alter table recognition_exposure add constraint exposure_surface_is_known check (surface in (
    'patient-view', 'order-start', 'order-select', 'order-sign', 'page', 'embedded', 'rest', 'timeline'));

alter table recognition_response drop constraint response_outcome_is_known;
alter table recognition_response add constraint response_outcome_is_known check (
    outcome in ('accepted', 'overridden', 'withdrawn'));
