// Shows the traces of the chosen shape and generator. The choice is kept in the address: #viewer=ID&shape=N&generator=NAME.
// An address without a viewer is meant for all of them.
for (const viewer of document.querySelectorAll(".viewer")) {
  const choice = viewer.querySelector(".choice");
  const shape = viewer.querySelector("select[name=shape]");
  const generator = viewer.querySelector("select[name=generator]");
  const show = () => {
    for (const pair of viewer.querySelectorAll("[data-shape]")) pair.hidden = pair.dataset.shape !== shape.value;
    for (const side of viewer.querySelectorAll("[data-generator]")) side.hidden = side.dataset.generator !== generator.value;
  };
  const choose = (select, value) => {
    if ([...select.options].some((option) => option.value === value)) select.value = value;
  };
  const follow = () => {
    const address = new URLSearchParams(location.hash.slice(1));
    if (address.has("viewer") && address.get("viewer") !== viewer.id) return;
    choose(shape, address.get("shape"));
    choose(generator, address.get("generator"));
    show();
    if (address.has("viewer")) viewer.scrollIntoView();
  };
  const change = () => {
    show();
    const address = new URLSearchParams({ viewer: viewer.id, shape: shape.value, generator: generator.value });
    history.replaceState(null, "", "#" + address);
  };
  choice.hidden = false;
  shape.addEventListener("change", change);
  generator.addEventListener("change", change);
  addEventListener("hashchange", follow);
  follow();
}
