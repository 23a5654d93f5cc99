#version 300 es
// One triangle that covers the target; v_uv begins at the picture's upper left corner. A canvas has its rows from below;
// in a target that is read again they stand as in a frame's texture, from above.
uniform bool u_target;
out vec2 v_uv;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
    v_uv = vec2(corner.x, u_target ? corner.y : 1.0 - corner.y);
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
