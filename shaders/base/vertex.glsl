#version 300 es
// One triangle that covers the target; v_uv begins at the upright picture's upper left corner. A canvas has its rows from
// below; in a target that is read again they stand as in a frame's texture, from above. The last pass may lay the picture
// on its side, for a film whose players turn it: u_turn exchanges rows and columns, then mirrors across and down.
uniform bool u_target;
uniform bvec3 u_turn;
out vec2 v_uv;

void lay() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
    v_uv = vec2(corner.x, u_target ? corner.y : 1.0 - corner.y);
    vec2 place = corner * 2.0 - 1.0;
    place = u_turn.x ? place.yx : place;
    gl_Position = vec4(u_turn.y ? -place.x : place.x, u_turn.z ? -place.y : place.y, 0.0, 1.0);
}
