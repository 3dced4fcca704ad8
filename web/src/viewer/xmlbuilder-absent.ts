/** Stands for xmlbuilder2, which Cornerstone's adapters import and never call here. */
function absent(): never {
  throw new Error('Writing XML is not part of the viewer.');
}
export { absent as convert, absent as create, absent as fragment };
