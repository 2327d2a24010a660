"use strict";
// Turns the object of the report about: drag to turn, wheel to come closer. No library, nothing is fetched.
(() => {
  const canvas = document.getElementById("model");
  const gl = canvas && canvas.getContext("webgl2", { antialias: true, alpha: true });
  const note = document.getElementById("model-note");
  if (!gl) { if (note) note.textContent = "This browser shows no WebGL 2, so the object cannot be turned here."; return; }
  const bytes = (id) => Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0)).buffer;
  const vertex = `#version 300 es
    in vec3 place; in vec2 uv; uniform mat3 turn; uniform float zoom, aspect; out vec3 seen; out vec2 at;
    void main() { seen = turn * place; at = vec2(uv.x, 1.0 - uv.y); float z = 4.0 - seen.z;
      gl_Position = vec4(seen.x * zoom / aspect, seen.y * zoom, (z - 2.0) / 4.0 * z - z * 0.5, z); }`;
  const fragment = `#version 300 es
    precision highp float; in vec3 seen; in vec2 at; uniform sampler2D skin; out vec4 colour;
    void main() { vec3 n = normalize(cross(dFdx(seen), dFdy(seen))); if (n.z < 0.0) n = -n;
      float light = 0.45 + 0.55 * max(dot(n, normalize(vec3(-0.4, 0.6, 0.7))), 0.0);
      vec3 linear = pow(texture(skin, at).rgb, vec3(2.2)) * light;
      colour = vec4(pow(linear, vec3(1.0 / 2.2)), 1.0); }`;
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  const feed = (name, data, size, kind) => {
    const slot = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, size, kind, true, 0, 0);
  };
  const places = bytes("model-places");
  const count = places.byteLength / 6;
  feed("place", places, 3, gl.SHORT);
  feed("uv", bytes("model-uvs"), 2, gl.UNSIGNED_SHORT);
  const skins = [...document.querySelectorAll("[data-skin]")];
  const load = (button) => {
    const picture = new Image();
    picture.onload = () => {
      gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture);
      gl.generateMipmap(gl.TEXTURE_2D);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
      for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, wrap, gl.CLAMP_TO_EDGE);
      draw();
    };
    picture.src = button.dataset.skin;
    for (const other of skins) other.setAttribute("aria-pressed", String(other === button));
  };
  let azimuth = 0.6, elevation = 0.35, zoom = 2.6, held = null;
  const draw = () => {
    const scale = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.enable(gl.DEPTH_TEST);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const [ca, sa, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)];
    const turn = [ca, se * sa, ce * sa, 0, ce, -se, -sa, se * ca, ce * ca];
    gl.uniformMatrix3fv(gl.getUniformLocation(program, "turn"), false, turn);
    gl.uniform1f(gl.getUniformLocation(program, "zoom"), zoom);
    gl.uniform1f(gl.getUniformLocation(program, "aspect"), canvas.width / canvas.height);
    gl.drawArrays(gl.TRIANGLES, 0, count);
    canvas.dataset.drawn = String(count / 3);
  };
  canvas.addEventListener("pointerdown", (e) => { held = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("pointermove", (e) => {
    if (!held) return;
    azimuth -= (e.clientX - held[0]) * 0.01;
    elevation = Math.max(-1.57, Math.min(1.57, elevation + (e.clientY - held[1]) * 0.01));
    held = [e.clientX, e.clientY];
    draw();
  });
  canvas.addEventListener("wheel", (e) => { e.preventDefault(); zoom = Math.max(1, Math.min(9, zoom * Math.exp(-e.deltaY * 0.001))); draw(); }, { passive: false });
  for (const button of skins) button.addEventListener("click", () => load(button));
  window.addEventListener("resize", draw);
  load(skins[0]);
})();
